// Prints a declarative pipeline's tree as JSON, once for each build: `groovy jenkinsfile.groovy JENKINSFILE BUILDS`, where
// BUILDS is a JSON object of environments by the builds' names. A node is a call, with its arguments and what its block
// holds. What a `when` asks is answered for the build; a step is noted and not run.
import groovy.json.JsonOutput
import groovy.json.JsonSlurper

class Build {
    Map env

    boolean fileExists(String path) {
        path  // whatever an earlier stage may have left is there
    }
}

class Tree {
    List nodes = []
    Map environment

    Object methodMissing(String name, Object arguments) {
        List given = arguments as List
        Closure block = given && given.last() instanceof Closure ? given.pop() : null
        Map node = [name: name, arguments: given.collect { it instanceof Map ? it : it?.toString() }]
        if (block != null) {
            if (name == 'expression') {
                node.value = answer(block) as boolean
            } else {
                node.holds = read(block)
            }
        }
        nodes << node
        node
    }

    Object getProperty(String name) {
        switch (name) {
            case 'nodes': return this.@nodes
            case 'env': return this.@environment
            case 'currentBuild': return [currentResult: 'SUCCESS']
            default: return name  // a bare word, as in `agent none`
        }
    }

    void setProperty(String name, Object value) {
        this.@nodes << [name: name, arguments: [value?.toString()]]
    }

    private Object answer(Closure question) {
        question.delegate = new Build(env: this.@environment)
        question.resolveStrategy = Closure.DELEGATE_ONLY
        question()
    }

    private List read(Closure block) {
        Tree inner = new Tree()
        inner.@environment = this.@environment
        block.delegate = inner
        block.resolveStrategy = Closure.DELEGATE_ONLY
        block()
        inner.@nodes
    }
}

Map builds = new JsonSlurper().parseText(args[1]) as Map
println JsonOutput.toJson(builds.collectEntries { String name, Map environment ->
    Tree tree = new Tree()
    tree.@environment = environment
    Script script = new GroovyShell(this.class.classLoader).parse(new File(args[0]))
    script.metaClass.methodMissing = { String call, Object arguments -> tree.methodMissing(call, arguments) }
    script.run()
    [name, tree.@nodes]
})
