package org.fulmar.broker.filter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.fulmar.broker.delivery.DeliveryException;
import org.fulmar.protocol.message.MessageRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** Texts and patterns made to hurt. */
@Timeout(180)
class SelectorBoundsTest {
    private static final MessageRecord MESSAGE =
            TestMessage.jms().with("a", 1).with("t", true).record();

    @Test
    void aTextThatIsTooLongIsRefused() throws DeliveryException {
        String longest = "a = 1" + " ".repeat(Selector.MAX_LENGTH - 5);
        assertThat(Selector.compile(longest).matches(MESSAGE)).isTrue();
        assertThatThrownBy(() -> Selector.compile(longest + " "))
                .isInstanceOf(DeliveryException.class)
                .hasMessageContaining("65536");
    }

    @Test
    void parenthesesNestToALimit() throws DeliveryException {
        int most = Syntax.MAX_NESTING;
        assertThat(Selector.compile("(".repeat(most) + "a = 1" + ")".repeat(most))
                        .matches(MESSAGE))
                .isTrue();
        assertThat(Selector.compile("NOT (".repeat(most) + "a = 1" + ")".repeat(most))
                        .matches(MESSAGE))
                .isTrue();
        assertThat(Selector.compile("-(1+".repeat(most) + "a" + ")".repeat(most) + " = 1")
                        .matches(MESSAGE))
                .isTrue();
        assertThatThrownBy(() -> Selector.compile("(".repeat(10_000) + "a = 1" + ")".repeat(10_000)))
                .isInstanceOf(DeliveryException.class)
                .hasMessageContaining("position 201: parentheses nest deeper than 200");
        assertThatThrownBy(() -> Selector.compile("(".repeat(60_000))).isInstanceOf(DeliveryException.class);
    }

    @Test
    void whatRepeatsWithoutParenthesesMayRepeatAsLongAsTheTextMayBe() throws DeliveryException {
        for (String selector : List.of(
                "NOT ".repeat(16_000) + "a = 1",
                "- ".repeat(32_000) + "a = 1",
                "-+".repeat(32_000) + "a = 1",
                "t AND ".repeat(10_000) + "t",
                "a=2 OR ".repeat(9_000) + "t",
                "t OR ".repeat(13_000) + "t",
                "a" + "+0".repeat(32_000) + " = 1",
                "a" + "*1".repeat(32_000) + " = 1",
                "a IN (" + "'x',".repeat(16_000) + "'x') OR t",
                "a = " + "0".repeat(60_000) + "1",
                "t OR a = '" + "''".repeat(30_000) + "'",
                "t OR " + "a".repeat(60_000) + " = 1")) {
            assertThat(Selector.compile(selector).matches(MESSAGE))
                    .as(selector.substring(0, 20))
                    .isTrue();
        }
    }

    @Test
    void thousandsOfNamesTakeOneLookThroughTheMessage() throws DeliveryException {
        TestMessage message = TestMessage.jms();
        StringBuilder selector = new StringBuilder("TRUE");
        for (int i = 0; i < 3_000; i++) {
            message.with("p" + i, i);
            selector.append(" AND p").append(i).append("=").append(i);
        }
        assertThat(selector).hasSizeLessThan(Selector.MAX_LENGTH);
        assertThat(Selector.compile(selector.toString())
                        .matches(message.propertiesInBody().record()))
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "%aaaaaaaaaaaaaaaaaaaaaaaaaaaaab%",
                "%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%b%",
                "a%aaaaaaab%aaaaaab%",
                "%ab%ab%ab%ab%",
                "%_a_a_a_a_a_a_a_a_b%",
            })
    void hostilePatternsAreDecidedInLinearTime(String pattern) {
        assertThat(steps(pattern, "a".repeat(100_000))).isLessThan(100_000 * 20 / 64);
    }

    @Test
    void aPatternThatNeedsManyStepsGivesUp() {
        assertThat(steps("%" + "a_".repeat(10_000) + "b%", "a".repeat(60_000))).isEqualTo(Long.MAX_VALUE);
    }

    /** How many steps it takes until there is no match; the maximum if it is too many. */
    private static long steps(String pattern, String text) {
        LikePattern compiled = LikePattern.of(pattern, LikePattern.NONE);
        int low = 0;
        int high = Selector.MAX_STEPS;
        if (exhausts(compiled, text, high)) {
            return Long.MAX_VALUE;
        }
        while (low < high) {
            int middle = (low + high) / 2;
            if (exhausts(compiled, text, middle)) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    private static boolean exhausts(LikePattern pattern, String text, int steps) {
        Evaluation evaluation = new Evaluation(new RecordValues(new Identifiers.Collector().done()));
        evaluation.begin(steps);
        boolean matches = pattern.matches(text, evaluation);
        assertThat(matches).isFalse();
        return evaluation.exhausted();
    }

    @Test
    void likeAgreesWithTheDefinition() {
        for (int seed = 1; seed <= 20_000; seed++) {
            Random random = new Random(seed);
            String text = random(random, "ab\uD83D", 8);
            String pattern = random(random, "ab%_\uD83D", 8);
            Evaluation evaluation = new Evaluation(new RecordValues(new Identifiers.Collector().done()));
            evaluation.begin(1_000);
            assertThat(LikePattern.of(pattern, LikePattern.NONE).matches(text, evaluation))
                    .as("seed %s: '%s' LIKE '%s'", seed, text, pattern)
                    .isEqualTo(Model.like(
                            text.codePoints().toArray(), 0, pattern.codePoints().toArray(), 0, -1));
        }
    }

    private static String random(Random random, String alphabet, int longest) {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(longest + 1); i > 0; i--) {
            char c = alphabet.charAt(random.nextInt(alphabet.length()));
            text.append(c);
            if (c == '\uD83D') {
                text.append('\uDE00');
            }
        }
        return text.toString();
    }

    @Test
    void aMessageThatTakesTooManyStepsDoesNotMatchAndIsLoggedOnce() throws DeliveryException {
        String text = "a".repeat(20_000);
        MessageRecord large = TestMessage.jms().with("a", text).record();
        MessageRecord small = TestMessage.jms().with("a", "b").record();
        Selector hostile = Selector.compile("a LIKE '%" + "a_".repeat(5_000) + "b%' OR TRUE = (a IS NOT NULL)");
        List<ILoggingEvent> logged = new ArrayList<>();
        Logger logger = (Logger) LoggerFactory.getLogger(Selector.class);
        ListAppender<ILoggingEvent> appender = new ListAppender<>();
        appender.list = logged;
        appender.start();
        logger.addAppender(appender);
        logger.setAdditive(false);
        try {
            assertThat(hostile.matches(large)).isFalse();
            assertThat(hostile.matches(large)).isFalse();
            assertThat(hostile.matches(small)).isTrue();
            assertThat(hostile.matches(large)).isFalse();
        } finally {
            logger.setAdditive(true);
            logger.detachAppender(appender);
        }
        assertThat(logged).hasSize(1);
        assertThat(logged.get(0).getLevel()).isEqualTo(Level.WARN);
        assertThat(logged.get(0).getFormattedMessage()).contains("50000 steps").hasSizeLessThan(600);
    }

    @Test
    void aSelectorOfManyLikesIsBoundedOverall() throws DeliveryException {
        MessageRecord large = TestMessage.jms().with("a", "x".repeat(30_000)).record();
        assertThat(Selector.compile("a LIKE '%y%' OR ".repeat(4_000) + "a IS NOT NULL")
                        .matches(large))
                .isFalse();
        assertThat(Selector.compile("a LIKE '%y%' OR ".repeat(50) + "a IS NOT NULL")
                        .matches(large))
                .isTrue();
    }
}
