package org.fulmar.broker.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The broker's one owner of state goes on whatever a task or the end of a turn does. */
@Timeout(180)
class CoreFailureTest {
    private static Core core(Core.Turn turn) {
        return new Core(Runnable::run, turn);
    }

    @Test
    void aTaskThatFailsInAnyWayStopsNoOther() {
        List<String> ran = new ArrayList<>();
        Core core = core(() -> false);
        for (Throwable failure : List.of(
                new IllegalStateException("on purpose"),
                new OutOfMemoryError("on purpose: direct memory"),
                new StackOverflowError("on purpose"),
                new AssertionError("on purpose"))) {
            catchThrowable(() -> core.execute(() -> {
                CoreFailureTest.<RuntimeException>sneak(failure);
            }));
            core.execute(() -> ran.add("after " + failure));
        }
        assertThat(ran).hasSize(4);
    }

    @Test
    void anEndOfATurnThatFailsStopsNoOther() {
        AtomicInteger turns = new AtomicInteger();
        Core core = core(() -> {
            if (turns.incrementAndGet() == 1) {
                throw new IllegalStateException("on purpose");
            }
            return false;
        });
        List<String> ran = new ArrayList<>();
        catchThrowable(() -> core.execute(() -> ran.add("first")));
        core.execute(() -> ran.add("second"));
        assertThat(ran).containsExactly("first", "second");
        assertThat(turns).hasValue(2);
    }

    @SuppressWarnings("unchecked")
    private static <T extends Throwable> void sneak(Throwable failure) throws T {
        throw (T) failure;
    }
}
