import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Stands in for the plugin installation manager: writes a file for each plugin of the list, named as Jenkins does. */
class PluginManager {
    public static void main(String[] arguments) throws Exception {
        Path list = null;
        Path target = null;
        for (String argument : arguments) {
            String value = argument.substring(argument.indexOf('=') + 1);
            switch (argument.substring(0, argument.indexOf('='))) {
                case "--plugin-file" -> list = Path.of(value);
                case "--plugin-download-directory" -> target = Path.of(value);
                case "--war" -> Path.of(value).toRealPath();
                case "--latest" -> Boolean.parseBoolean(value);
                default -> throw new IllegalArgumentException(argument);
            }
        }
        Files.createDirectories(target);
        for (String line : Files.readAllLines(list)) {
            if (!line.isEmpty() && !line.startsWith("#")) {
                Files.write(target.resolve(line.split(":")[0] + ".jpi"), List.of(line));
            }
        }
    }
}
