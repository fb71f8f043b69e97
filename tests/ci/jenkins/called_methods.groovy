// Prints a JSON object: for each Groovy file that is given, the names of what it calls without a receiver, which in a
// pipeline are sections, options and steps. A file that this compiler, Jenkins' own, refuses ends it with the reason.
import groovy.json.JsonOutput
import org.codehaus.groovy.ast.CodeVisitorSupport
import org.codehaus.groovy.ast.builder.AstBuilder
import org.codehaus.groovy.ast.expr.MethodCallExpression
import org.codehaus.groovy.ast.stmt.Statement
import org.codehaus.groovy.control.CompilePhase

class CalledMethods extends CodeVisitorSupport {
    final Set<String> names = []

    @Override
    void visitMethodCallExpression(MethodCallExpression call) {
        if (call.implicitThis) {
            names << call.methodAsString
        }
        super.visitMethodCallExpression(call)
    }
}

println JsonOutput.toJson(args.collectEntries { path ->
    CalledMethods called = new CalledMethods()
    List nodes = new AstBuilder().buildFromString(CompilePhase.CONVERSION, false, new File(path).text)
    nodes.each { node -> (node instanceof Statement ? [node] : node.methods*.code)*.visit(called) }
    [(path): (called.names - 'runScript').toSorted()] // what a script's generated main() calls
})
