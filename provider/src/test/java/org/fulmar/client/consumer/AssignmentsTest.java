package org.fulmar.client.consumer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import org.fulmar.client.MessageQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a listener is told of assignments, on callback threads that run when the test says so. */
@Timeout(60)
class AssignmentsTest {
    private final Deque<Runnable> callbacks = new ArrayDeque<>();
    private final List<Set<MessageQueue>> told = new ArrayList<>();

    private static Set<MessageQueue> queue(int id) {
        return Set.of(new MessageQueue("T", "a", id));
    }

    @Test
    void aListenerIsToldInOrderAndNotOfWhatIsOvertaken() {
        Assignments assignments = new Assignments(told::add, callbacks::add);
        assignments.tell(queue(0));
        callbacks.remove().run();
        assignments.tell(queue(1));
        assignments.tell(queue(2));
        assertThat(callbacks).as("one at a time").hasSize(1);
        callbacks.remove().run();
        assertThat(told).containsExactly(queue(0), queue(2));
        assertThat(callbacks).isEmpty();
    }

    @Test
    void whatComesWhileAListenerIsBusyIsToldNext() {
        Assignments[] assignments = new Assignments[1];
        assignments[0] = new Assignments(
                queues -> {
                    told.add(queues);
                    if (told.size() == 1) {
                        assignments[0].tell(queue(1));
                        assignments[0].tell(queue(2));
                        assertThat(callbacks).as("not while it is busy").isEmpty();
                    }
                },
                callbacks::add);
        assignments[0].tell(queue(0));
        callbacks.remove().run();
        callbacks.remove().run();
        assertThat(told).containsExactly(queue(0), queue(2));
        assertThat(callbacks).isEmpty();
    }

    @Test
    void aListenerThatFailsIsToldOfTheNext() {
        Assignments assignments = new Assignments(
                queues -> {
                    told.add(queues);
                    throw new IllegalStateException("on purpose");
                },
                callbacks::add);
        for (int id = 0; id < 2; id++) {
            assignments.tell(queue(id));
            assertThatThrownBy(() -> callbacks.remove().run()).hasMessage("on purpose");
        }
        assertThat(told).containsExactly(queue(0), queue(1));
    }
}
