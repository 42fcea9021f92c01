package org.fulmar.broker.transaction;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Objects;
import org.fulmar.broker.transaction.HalfMessages.Outcome;
import org.fulmar.protocol.message.MessageRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** When half messages are checked, and how they end. */
@Timeout(180)
class HalfMessagesTest {
    private static final HalfMessages.Rules RULES = new HalfMessages.Rules(6_000, 60_000, 3, 300_000, 2);

    private final HalfLog log = new HalfLog();
    private final HalfMessages halves = new HalfMessages(RULES);

    private HalfMessage prepare(long now, String immunity) {
        long place = log.end();
        long queueOffset = log.queueOffset();
        log.half(now, immunity, false);
        halves.prepared(place, queueOffset, now, immunity);
        return Objects.requireNonNull(halves.find(place));
    }

    private HalfMessages restarted(byte[] checkpoint) {
        HalfMessages after = new HalfMessages(RULES);
        log.replay(after.restore(checkpoint), after);
        return after;
    }

    @Test
    void producerIsAskedAfterTheTimeOutThenAtEachIntervalUntilTheMessageIsSpent() {
        HalfMessage half = prepare(1_000, null);
        assertThat(halves.nextDue()).isEqualTo(7_000);
        assertThat(halves.firstDue(6_999)).isNull();
        for (int check = 1; check <= 3; check++) {
            long now = halves.nextDue();
            assertThat(halves.firstDue(now)).isSameAs(half);
            assertThat(halves.isSpent(half, now)).isFalse();
            halves.checked(half, now, log);
            assertThat(half.checks()).isEqualTo(check);
            assertThat(halves.nextDue()).isEqualTo(now + 60_000);
        }
        assertThat(halves.isSpent(half, halves.nextDue())).isTrue();
    }

    @Test
    void messageThatAsksForALongerTimeIsNotCheckedBeforeAndOneThatAsksForLessAfterTheTimeOut() {
        prepare(1_000, "120");
        assertThat(halves.nextDue()).isEqualTo(121_000);
        prepare(1_000, "1");
        assertThat(halves.nextDue()).isEqualTo(7_000);
    }

    @Test
    void whatIsNoNumberOrTooLargeOrNegativeAsksForTheUsualTimeOrTheLongest() {
        assertThat(RULES.immunityMillis("soon")).isEqualTo(6_000);
        assertThat(RULES.immunityMillis("-9223372036854775808")).isEqualTo(6_000);
        assertThat(RULES.immunityMillis("9223372036854775807")).isEqualTo(300_000);
        assertThat(RULES.immunityMillis("99999999999999999999")).isEqualTo(6_000);
        assertThat(RULES.immunityMillis(null)).isEqualTo(6_000);
    }

    @Test
    void whileThereIsNobodyToAskNoCheckCountsAndTheBrokerLooksAgainLessAndLessOften() {
        HalfMessage half = prepare(0, null);
        long now = halves.nextDue();
        for (long pause : new long[] {1, 2, 4, 8, 16, 32, 60, 60}) {
            halves.missed(half, now);
            assertThat(halves.nextDue()).isEqualTo(now + pause * 1000);
            now = halves.nextDue();
        }
        assertThat(half.checks()).isZero();
        assertThat(halves.isSpent(half, now)).isFalse();
        halves.missed(half, now);
        halves.missed(half, halves.nextDue());
        assertThat(halves.nextDue()).as("its greatest age").isEqualTo(300_000);
        assertThat(halves.isSpent(half, 300_000)).isTrue();
    }

    @Test
    void checksSurviveARestartAndSearchesForAProducerBeginAnew() {
        HalfMessage half = prepare(0, null);
        halves.checked(half, 6_000, log);
        byte[] checkpoint = halves.capture(log.end()).get();
        halves.checked(half, 66_000, log);
        halves.missed(half, 126_000);
        halves.missed(half, 127_000);
        for (byte[] from : new byte[][] {null, checkpoint}) {
            HalfMessages after = restarted(from);
            HalfMessage again = Objects.requireNonNull(after.find(half.logOffset()));
            assertThat(again.checks()).isEqualTo(2);
            assertThat(after.nextDue()).isEqualTo(126_000);
        }
    }

    @Test
    void firstOutcomeCountsAlsoAfterARestart() {
        for (Outcome outcome : Outcome.values()) {
            long place = log.end();
            MessageRecord record = log.half(0, null, false);
            halves.prepared(place, record.queueOffset(), 0, null);
            log.ending(record, outcome, 10);
            halves.ended(place, outcome);
            halves.ended(place, Outcome.COMMITTED);
            log.ending(record, Outcome.COMMITTED, 20);
            for (HalfMessages each : List.of(halves, restarted(null))) {
                assertThat(each.find(place)).isNull();
                assertThat(each.outcome(place)).isEqualTo(outcome);
                assertThat(each.size()).isZero();
                assertThat(each.nextDue()).isEqualTo(Long.MAX_VALUE);
            }
        }
    }

    @Test
    void clientsMessageThatLooksLikeACopyEndsNothing() {
        MessageRecord record = log.half(0, null, false);
        log.imitation(record, 10);
        assertThat(restarted(null).find(record.physicalOffset())).isNotNull();
    }

    @Test
    void halfMessagesOfJmsTransactionsAreNotSeen() {
        log.half(0, null, true);
        assertThat(restarted(null).size()).isZero();
    }

    @Test
    void itIsFullWithTheMostMessagesThatAreAllowedUntilOneEnds() {
        HalfMessage first = prepare(0, null);
        assertThat(halves.isFull()).isFalse();
        prepare(0, null);
        assertThat(halves.isFull()).isTrue();
        halves.ended(first.logOffset(), Outcome.ROLLED_BACK);
        assertThat(halves.isFull()).isFalse();
    }

    @Test
    void damagedCheckpointIsNotTaken() {
        HalfMessage half = prepare(0, null);
        byte[] checkpoint = halves.capture(log.end()).get();
        HalfMessages after = new HalfMessages(RULES);
        assertThat(after.restore(checkpoint)).isEqualTo(log.end());
        for (int i = 0; i < checkpoint.length; i++) {
            checkpoint[i] ^= 1;
            assertThat(after.restore(checkpoint)).as("byte %d", i).isZero();
            assertThat(after.size()).isZero();
            checkpoint[i] ^= 1;
        }
        assertThat(after.restore(java.util.Arrays.copyOf(checkpoint, 20))).isZero();
        assertThat(restarted(checkpoint).find(half.logOffset())).isNotNull();
    }

    @Test
    void manyMessagesComeAndGoAndThoseThatStayAreFound() {
        HalfMessages many = new HalfMessages(new HalfMessages.Rules(0, 1, 1, 1_000_000_000, 1_000_000));
        for (int i = 0; i < 200_000; i++) {
            many.prepared(i, i, i, null);
            if (i % 1000 != 0) {
                many.ended(i, Outcome.COMMITTED);
            }
        }
        assertThat(many.size()).isEqualTo(200);
        assertThat(many.after(-1, 1000)).hasSize(200);
        assertThat(many.after(99_000, 3))
                .extracting(HalfMessage::logOffset)
                .containsExactly(100_000L, 101_000L, 102_000L);
        assertThat(many.nextDue()).isZero();
    }
}
