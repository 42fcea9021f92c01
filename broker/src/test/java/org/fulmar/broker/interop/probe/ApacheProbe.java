package org.fulmar.broker.interop.probe;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.fulmar.broker.interop.probe.Scenario.Phase;

/**
 * Tries a broker with Apache's Java client, whichever version is on the class path, and prints for each scenario a line
 * {@code PASS name} or {@code FAIL name: why}. Uses nothing but that client and the JDK.
 *
 * <p>Arguments: name server address, phase, a name for the run, and the client's version; topics and groups begin with
 * the name, so that runs do not meet, and both phases of a run find each other's.
 */
public final class ApacheProbe {
    private static final int AT_ONCE = 24;
    private static final long SECONDS = 270;

    /** One scenario's steps; what it throws says why it fails. */
    @FunctionalInterface
    interface Steps {
        void run(Session session) throws Exception;
    }

    private ApacheProbe() {}

    public static void main(String[] args) throws InterruptedException {
        String nameServer = args[0];
        Phase phase = Phase.valueOf(args[1]);
        String run = args[2];
        Map<Scenario, Steps> steps = new EnumMap<>(Scenario.class);
        SendScenarios.addTo(steps);
        ConsumeScenarios.addTo(steps);
        QueryScenarios.addTo(steps);
        FilterScenarios.addTo(steps);
        ConsumptionScenarios.addTo(steps);
        RestartScenarios.addTo(steps);
        TransactionScenarios.addTo(steps);
        RequestScenarios.addTo(steps);
        if (args[3].startsWith("5")) {
            // others lack the classes
            PopScenarios.addTo(steps);
        }

        List<Scenario> scenarios = Scenario.of(phase, args[3]);
        Map<Scenario, Future<?>> verdicts = new EnumMap<>(Scenario.class);
        ExecutorService workers = Executors.newFixedThreadPool(AT_ONCE);
        for (Scenario scenario : scenarios) {
            verdicts.put(scenario, workers.submit(() -> attempt(scenario, steps.get(scenario), nameServer, run)));
        }
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        for (Scenario scenario : scenarios) {
            try {
                verdicts.get(scenario).get(Math.max(1, end - System.nanoTime()), TimeUnit.NANOSECONDS);
            } catch (TimeoutException e) {
                say("FAIL " + scenario + ": not done after " + SECONDS + " s");
            } catch (ExecutionException e) {
                say("FAIL " + scenario + ": " + e.getCause());
            }
        }
        System.out.flush();
        // Clients have threads that outlive them, some for seconds.
        Runtime.getRuntime().halt(0);
    }

    private static void attempt(Scenario scenario, Steps steps, String nameServer, String run) {
        try (Session session = new Session(nameServer, run, scenario)) {
            steps.run(session);
            say("PASS " + scenario);
        } catch (Exception | LinkageError e) {
            say("FAIL " + scenario + ": " + e);
            StringWriter trace = new StringWriter();
            e.printStackTrace(new PrintWriter(trace));
            say(trace.toString());
        }
    }

    /** A line in one piece. */
    private static void say(String line) {
        synchronized (System.out) {
            System.out.println(line);
        }
    }
}
