package org.fulmar.jms.kill;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Starts a JVM with the class path of this one, in a directory of its choice; both outputs are one stream.
 *
 * <p>Stateless, for any thread.
 */
public final class ChildJvm {

    private ChildJvm() {}

    /** One without input. */
    static Process start(Path directory, List<String> options, String mainClass, String... arguments)
            throws IOException {
        Process process = talking(directory, options, mainClass, arguments);
        process.getOutputStream().close();
        return process;
    }

    /** One that is told what to do by its input. */
    public static Process talking(Path directory, List<String> options, String mainClass, String... arguments)
            throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(options);
        command.addAll(List.of("-cp", classPath(), mainClass));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .start();
    }

    private static String classPath() {
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .map(entry -> new File(entry).getAbsolutePath())
                .collect(Collectors.joining(File.pathSeparator));
    }
}
