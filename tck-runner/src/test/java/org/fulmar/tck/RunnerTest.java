package org.fulmar.tck;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import picocli.CommandLine;

/** The runner, with a small kit of this module's own: what passes, and all that it must not gloss over. */
@Timeout(300)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class RunnerTest {
    private static final String KIT = "org.fulmar.conformance.";

    /** So long that whatever comes before the hanging test is over, however busy the machine is. */
    private static final int TEST_LIMIT = 25;

    private static final int CLASS_LIMIT = 45;

    @TempDir
    private static Path elsewhere;

    /** Those that wait for a limit wait while the others run. */
    private static CompletableFuture<Integer> hanging;

    private static CompletableFuture<Integer> cutOff;

    @TempDir
    private Path directory;

    private String printed = "";

    @BeforeAll
    static void runTowardsLimits() {
        hanging = inBackground("hanging", "--test-limit=" + TEST_LIMIT);
        cutOff = inBackground("cut-off", "--class-limit=" + CLASS_LIMIT);
    }

    @AfterAll
    static void awaitLimits() {
        CompletableFuture.allOf(hanging, cutOff).handle((done, failure) -> done).join();
    }

    private static CompletableFuture<Integer> inBackground(String name, String limit) {
        CompletableFuture<Integer> code = new CompletableFuture<>();
        Thread thread = new Thread(
                () -> {
                    try {
                        code.complete(run(
                                elsewhere.resolve(name), new StringWriter(), Mode.EMBEDDED, "broken.HangingIT", limit));
                    } catch (URISyntaxException | RuntimeException e) {
                        code.completeExceptionally(e);
                    }
                },
                name);
        thread.setDaemon(true);
        thread.start();
        return code;
    }

    /** Runs classes of the kit. Returns the exit code. */
    private int run(Mode mode, String classes, String... more) throws URISyntaxException {
        StringWriter out = new StringWriter();
        int code = run(directory, out, mode, classes, more);
        printed = out.toString();
        return code;
    }

    private static int run(Path report, StringWriter out, Mode mode, String classes, String... more)
            throws URISyntaxException {
        List<String> arguments = new ArrayList<>(List.of(
                "--tests=" + Path.of(RunnerTest.class.getResource("/").toURI()),
                "--report=" + report,
                "--mode=" + mode.name().toLowerCase(Locale.ROOT),
                "--jms-timeout=60000",
                "--classes=" + Pattern.quote(KIT) + classes));
        arguments.addAll(List.of(more));
        CommandLine command = TckMain.command().setOut(new PrintWriter(out)).setErr(new PrintWriter(out));
        return command.execute(arguments.toArray(String[]::new));
    }

    private String file(Mode mode, String name) throws IOException {
        return Files.readString(
                directory.resolve(mode.name().toLowerCase(Locale.ROOT)).resolve(name));
    }

    /** The text report with each duration as {@code N s}. */
    private String text(Mode mode) throws IOException {
        return file(mode, "report.txt").replaceAll(" *\\d+\\.\\d s", " N s");
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    void providerPassesTheSmallKit(Mode mode) throws Exception {
        assertThat(run(mode, "[A-Z]\\w+IT")).as(printed).isZero();
        assertThat(text(mode))
                .contains("14 passed, 0 failed, 0 skipped\n\nClasses (passed, failed, skipped, duration):")
                .contains("     3    0    0 N s  " + KIT + "NamesIT\n")
                .contains("     5    0    0 N s  " + KIT + "QueueIT\n")
                .doesNotContain("Failed", "Skipped (");
        assertThat(file(mode, "report.html"))
                .contains("<strong>14 passed, 0 failed, 0 skipped</strong>")
                .contains("href=\"logs/" + KIT + "QueueIT.log\"");
        assertThat(directory.resolve(mode.name().toLowerCase(Locale.ROOT))).isDirectoryNotContaining("glob:**/work");
    }

    @Test
    void failuresAndSkipsAreToldWithTheirReasons() throws Exception {
        assertThat(run(Mode.EMBEDDED, "broken.FailingIT", "--pending=the gate is shut=gates"))
                .isEqualTo(1);
        String name = KIT + "broken.FailingIT#";
        assertThat(text(Mode.EMBEDDED))
                .contains("1 passed, 3 failed, 1 skipped\n")
                .contains("\nFailed (2):\n")
                .contains("  " + name + "failsWithTwoLines ( N s): IllegalStateException: the first <line>\n")
                .contains("  " + name + "failsWithoutAMessage ( N s): java.lang.UnsupportedOperationException\n")
                .contains("\nFailed, pending: gates (1):\n  " + name + "failsForAKnownCause ( N s): Exception: fails")
                .contains("\nSkipped (1):\n  " + name + "isSkipped ( N s): TestAbortedException: ")
                .doesNotContain("the second line");
        assertThat(file(Mode.EMBEDDED, "report.html"))
                .contains("<tr class=\"FAILED\"><td>failsWithTwoLines</td><td>FAILED</td>")
                .contains("IllegalStateException: the first &lt;line&gt;</td>")
                .contains("<em>pending: gates</em> Exception: failsForAKnownCause")
                .contains("<tr class=\"SKIPPED\"><td>isSkipped</td>")
                .contains("<strong>1 passed, 3 failed, 1 skipped</strong>");
        assertThat(file(Mode.EMBEDDED, "logs/" + KIT + "broken.FailingIT.log"))
                .contains("the second line", "the gate is shut");
    }

    @Test
    @Order(Integer.MAX_VALUE)
    void testThatHangsIsKilledAtTheLimitAndTheOthersRun() throws Exception {
        assertThat(hanging.get()).isEqualTo(1);
        directory = elsewhere.resolve("hanging");
        assertThat(text(Mode.EMBEDDED))
                .contains("2 passed, 1 failed, 0 skipped\n")
                .contains(KIT + "broken.HangingIT#hangs ( N s): no end within " + TEST_LIMIT
                        + " s, and the JVM was killed");
        assertThat(file(Mode.EMBEDDED, "logs/" + KIT + "broken.HangingIT.log"))
                .as("the stacks")
                .contains("HangingIT.hangs(HangingIT.java:");
    }

    @Test
    @Order(Integer.MAX_VALUE)
    void whatALimitOfAClassCutsOffHasFailed() throws Exception {
        assertThat(cutOff.get()).isEqualTo(1);
        directory = elsewhere.resolve("cut-off");
        assertThat(text(Mode.EMBEDDED))
                .contains("1 passed, 2 failed, 0 skipped\n")
                .contains("#hangs ( N s): the limit of " + CLASS_LIMIT
                        + " s for the class was over, and its JVM was killed while the")
                .contains("#passesAfter ( N s): not run: the limit of " + CLASS_LIMIT + " s for the class was over\n");
    }

    @Test
    void testThatEndsItsJvmHasFailedWhateverTheExitCode() throws Exception {
        assertThat(run(Mode.EMBEDDED, "broken.CrashingIT")).isEqualTo(1);
        String name = KIT + "broken.CrashingIT#";
        assertThat(text(Mode.EMBEDDED))
                .contains("2 passed, 2 failed, 0 skipped\n")
                .contains(name + "halts ( N s): the JVM ended with exit code 42 while the test ran\n")
                .contains(name + "exits ( N s): the JVM ended with exit code 0 while the test ran\n");
    }

    @Test
    void testsWhoseClassCanNotBeSetUpHaveFailed() throws Exception {
        assertThat(run(Mode.EMBEDDED, "broken.(Halting)?SetUpIT")).isEqualTo(1);
        assertThat(text(Mode.EMBEDDED))
                .contains("0 passed, 6 failed, 0 skipped\n")
                .contains("broken.SetUpIT#neverBegins ( N s): IllegalStateException: no set-up\n")
                .contains("broken.SetUpIT#neverBeginsEither ( N s): IllegalStateException: no set-up\n")
                .contains("HaltingSetUpIT#(outside its tests 1) ( N s): the JVM ended with exit code 7\n")
                .contains("HaltingSetUpIT#neverBegins ( N s): not run: the JVM ended with exit code 7 before it\n");
    }

    @Test
    void classThatFailsAfterItsTestsHasFailed() throws Exception {
        assertThat(run(Mode.EMBEDDED, "broken.TearDownIT")).isEqualTo(1);
        assertThat(text(Mode.EMBEDDED))
                .contains("1 passed, 1 failed, 0 skipped\n")
                .contains("broken.TearDownIT#TearDownIT ( N s): IllegalStateException: no tear-down\n");
    }

    @Test
    void brokerThatEndsIsAnIncidentThoughAllTestsPass() throws Exception {
        assertThat(run(Mode.PROCESS, "(broken.BrokerKillingIT|UsersIT)")).isEqualTo(1);
        assertThat(text(Mode.PROCESS))
                .contains("4 passed, 0 failed, 0 skipped\n")
                .contains(
                        "Incidents:\n  the broker ended with exit code 137 during " + KIT + "broken.BrokerKillingIT;");
        assertThat(file(Mode.PROCESS, "report.html")).contains("<p class=\"FAILED\">the broker ended with");
    }

    @Test
    void excludedTestIsSkippedWithItsReasonAndAStaleExclusionIsTold() throws Exception {
        Path exclusions = Files.writeString(
                directory.resolve("exclusions"),
                "# comment\n\n" + KIT + "UsersIT#knownUserMayConnect  for this test\n" + KIT
                        + "UsersIT#gone  long ago\n");
        assertThat(run(Mode.EMBEDDED, "UsersIT", "--exclusions=" + exclusions)).isEqualTo(1);
        assertThat(text(Mode.EMBEDDED))
                .contains("2 passed, 0 failed, 1 skipped\n")
                .contains("Skipped (1):\n  " + KIT + "UsersIT#knownUserMayConnect ( N s): excluded: for this test\n")
                .contains("Incidents:\n  " + KIT + "UsersIT#gone is excluded, but there is no such test\n");
    }

    @Test
    void whatCanNotBeRunSaysWhy() throws Exception {
        Path exclusions = Files.writeString(directory.resolve("exclusions"), KIT + "UsersIT#knownUserMayConnect\n");
        assertThat(run(Mode.EMBEDDED, "UsersIT", "--exclusions=" + exclusions)).isEqualTo(2);
        assertThat(printed).contains("UsersIT#knownUserMayConnect is excluded without a reason");
        assertThat(run(Mode.EMBEDDED, "NoSuchIT")).isEqualTo(2);
        assertThat(printed).contains("has no tests in classes like");
        assertThat(run(Mode.EMBEDDED, "UsersIT", "--mode=elsewhere")).isEqualTo(2);
        assertThat(printed).contains("no such mode: elsewhere");
        assertThat(TckMain.command()
                        .setErr(new PrintWriter(new StringWriter()))
                        .execute("--tests=" + directory.resolve("none.jar"), "--report=" + directory))
                .isEqualTo(2);
    }
}
