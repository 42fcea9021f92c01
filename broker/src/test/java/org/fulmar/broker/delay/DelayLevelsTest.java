package org.fulmar.broker.delay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.fulmar.broker.store.FactSink;
import org.fulmar.broker.store.View;
import org.fulmar.protocol.config.ConfigurationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(180)
class DelayLevelsTest {
    private final List<ByteBuffer> facts = new ArrayList<>();
    private final FactSink sink = body -> {
        ByteBuf out = Unpooled.buffer();
        body.write(out);
        byte[] bytes = new byte[out.readableBytes()];
        out.readBytes(bytes);
        facts.add(ByteBuffer.wrap(bytes));
    };

    @Test
    void usualLevelsAreRocketMqs() {
        DelayLevels levels = DelayLevels.parse(DelayLevels.USUAL);
        assertThat(levels.count()).isEqualTo(18);
        assertThat(levels.millis(1)).isEqualTo(1_000);
        assertThat(levels.millis(3)).isEqualTo(10_000);
        assertThat(levels.millis(14)).isEqualTo(600_000);
        assertThat(levels.millis(18)).isEqualTo(7_200_000);
    }

    @Test
    void levelAboveTheHighestIsTheHighest() {
        DelayLevels levels = DelayLevels.parse(" 20ms  1d ");
        assertThat(levels.clamp(1)).isEqualTo(1);
        assertThat(levels.clamp(99)).isEqualTo(2);
        assertThat(levels.millis(1)).isEqualTo(20);
        assertThat(levels.millis(99)).isEqualTo(86_400_000);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "1", "s", "1x", "-1s", "0s", "41d", "1s,5s", "99999999999s", "1s 1.5s"})
    void whatIsNoListOfDelaysIsRefusedWithAnExample(String text) {
        assertThatThrownBy(() -> DelayLevels.parse(text))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("messageDelayLevel");
    }

    @Test
    void tooManyLevelsAreRefused() {
        assertThat(DelayLevels.parse("1s ".repeat(128)).count()).isEqualTo(128);
        assertThatThrownBy(() -> DelayLevels.parse("1s ".repeat(129))).isInstanceOf(ConfigurationException.class);
    }

    @Test
    void progressIsRestoredAndReplayedFromTheSamePlace() {
        LevelProgress progress = new LevelProgress();
        assertThat(progress.next(18)).isZero();
        progress.delivered(2, 0);
        progress.delivered(2, 1);
        progress.passedOver(18, 0, sink);
        progress.delivered(2, 0);
        assertThat(progress.next(2)).as("never backwards").isEqualTo(2);
        LevelProgress restored = new LevelProgress();
        assertThat(restored.restore(progress.capture(77).get())).isEqualTo(77);
        assertThat(restored.toJson()).isEqualTo(progress.toJson());
        LevelProgress replayed = new LevelProgress();
        assertThat(replayed.restore(null)).isZero();
        facts.forEach(replayed::apply);
        assertThat(replayed.next(18)).isEqualTo(1);
        assertThat(replayed.next(2)).isZero();
    }

    @Test
    void recalledTimersAreRememberedUntilTheirTime() {
        RecalledTimers recalled = new RecalledTimers();
        recalled.recall(100, 5, 500, sink);
        recalled.recall(50, 6, 600, sink);
        List<Long> told = new ArrayList<>();
        facts.forEach(fact -> RecalledTimers.tell(fact, told::add));
        assertThat(told).containsExactly(500L, 600L);
        RecalledTimers restored = new RecalledTimers();
        assertThat(restored.restore(recalled.capture(9).get())).isEqualTo(9);
        RecalledTimers replayed = new RecalledTimers();
        facts.forEach(fact -> replayed.apply(fact.duplicate()));
        for (RecalledTimers each : List.of(recalled, restored, replayed)) {
            assertThat(each.hasRoom(49)).isTrue();
            assertThat(each.isRecalled(6)).isTrue();
            assertThat(each.hasRoom(50)).isTrue();
            assertThat(each.isRecalled(6)).isFalse();
            assertThat(each.isRecalled(5)).isTrue();
        }
    }

    @Test
    void queueThatBeginsAnewIsDeliveredFromItsBeginningAndNothingOfItIsRecalled() {
        LevelProgress progress = new LevelProgress();
        RecalledTimers recalled = new RecalledTimers();
        for (int offset = 0; offset < 1000; offset++) {
            progress.delivered(3, offset);
        }
        progress.delivered(4, 6);
        recalled.recall(100, 2, 500, sink);
        recalled.recall(100, 900, 600, sink);
        View.Ends rebuilt = (topic, queueId) -> topic.equals(DelayLevels.TOPIC) && queueId == 2 ? 0 : 7;
        progress.recovered(rebuilt);
        recalled.recovered(rebuilt);
        assertThat(progress.next(3)).isZero();
        assertThat(progress.next(4)).isEqualTo(7);
        assertThat(recalled.isRecalled(2)).isTrue();
        assertThat(recalled.isRecalled(900)).isFalse();
        assertThat(recalled.hasRoom(100)).isTrue();
    }

    @Test
    void noMoreRecalledTimersAreRememberedThanAreAllowed() {
        RecalledTimers recalled = new RecalledTimers();
        for (int i = 0; i < RecalledTimers.MAX_REMEMBERED; i++) {
            assertThat(recalled.hasRoom(0)).isTrue();
            recalled.recall(i + 1, i, i, body -> {});
        }
        assertThat(recalled.hasRoom(0)).isFalse();
        assertThat(recalled.hasRoom(1)).isTrue();
    }
}
