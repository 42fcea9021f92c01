package org.fulmar.jms.crash;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;

/**
 * The child's side of the talk between the crash matrix and its processes: commands come as lines of the standard input,
 * answers are lines of the standard output that begin with {@link #MARK}, among whatever is logged there.
 *
 * <p>A child ends with its parent: the end of its input halts it. Answers may be given by any thread; each is out of the
 * process when {@link #say} returns, so that SIGKILL can't take it.
 */
final class Told {
    static final String MARK = "> ";
    /** Said by a process that can be told something. */
    static final String UP = "UP";

    private Told() {}

    /** Carries out one command. */
    interface Commands {
        void run(String[] words) throws Exception;
    }

    static void say(String answer) {
        synchronized (System.out) {
            System.out.println(MARK + answer);
            System.out.flush();
        }
    }

    /** Carries out commands for as long as there are some; one that fails ends the process, with its stack trace. */
    static void obey(Commands commands) throws IOException {
        say(UP);
        try (BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                commands.run(line.split(" "));
            }
        } catch (Exception e) {
            e.printStackTrace();
            Runtime.getRuntime().halt(2);
        }
        Runtime.getRuntime().halt(0);
    }
}
