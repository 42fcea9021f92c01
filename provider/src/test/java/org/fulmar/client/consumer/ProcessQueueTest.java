package org.fulmar.client.consumer;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import org.fulmar.client.ReceivedMessage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The messages of a queue between pull and end of processing, against a model. */
@Timeout(60)
class ProcessQueueTest {
    private static ReceivedMessage message(long offset, int bytes) {
        return new ReceivedMessage(
                "T",
                "a",
                0,
                offset,
                offset * 100,
                0,
                0,
                0,
                new InetSocketAddress(0),
                0,
                new InetSocketAddress(0),
                0,
                0,
                100,
                Map.of(),
                new byte[bytes],
                null);
    }

    private static ProcessQueue from(long offset, int messages) {
        ProcessQueue queue = new ProcessQueue();
        queue.startAt(offset);
        for (int i = 0; i < messages; i++) {
            queue.add(message(offset + i, 10));
        }
        return queue;
    }

    @Test
    void theCommitPointIsTheLowestOffsetThatIsNotFinished() {
        ProcessQueue queue = from(5, 4);
        List<ProcessQueue.Entry> taken = queue.take(4);
        queue.finish(taken.get(2));
        queue.finish(taken.get(1));
        assertThat(queue.commitPoint()).isEqualTo(5);
        queue.finish(taken.get(0));
        assertThat(queue.commitPoint()).isEqualTo(8);
        queue.finish(taken.get(3));
        assertThat(queue.commitPoint()).isEqualTo(9);
        queue.lookedUpTo(20);
        assertThat(queue.commitPoint()).isEqualTo(20);
    }

    @Test
    void droppingLeavesWhatIsBeforeSomethingFinished() {
        ProcessQueue queue = from(0, 6);
        List<ProcessQueue.Entry> taken = queue.take(3);
        queue.finish(taken.get(2));
        queue.giveBack(taken.subList(0, 2));
        queue.dropWaiting();
        assertThat(queue.count()).isEqualTo(2);
        assertThat(queue.pulledTo()).isEqualTo(3);
        queue.take(2).forEach(queue::finish);
        assertThat(queue.commitPoint()).isEqualTo(3);
    }

    @Test
    void whatIsStartedAnewKnowsNothingOfBefore() {
        ProcessQueue queue = from(0, 3);
        List<ProcessQueue.Entry> taken = queue.take(2);
        queue.startAt(100);
        taken.forEach(queue::finish);
        assertThat(queue.commitPoint()).isEqualTo(100);
        assertThat(queue.count()).isZero();
        assertThat(queue.bytes()).isZero();
    }

    /** What a queue should say, from the offsets and what became of each. */
    private static final class Model {
        private enum Fate {
            WAITING,
            TAKEN,
            FINISHED
        }

        private final SortedMap<Long, Fate> fates = new TreeMap<>();
        private long pulledTo;

        long commitPoint() {
            return fates.entrySet().stream()
                    .filter(entry -> entry.getValue() != Fate.FINISHED)
                    .findFirst()
                    .map(Map.Entry::getKey)
                    .orElse(pulledTo);
        }

        long count(Fate fate) {
            return fates.values().stream().filter(fate::equals).count();
        }

        void drop() {
            while (!fates.isEmpty() && fates.get(fates.lastKey()) == Fate.WAITING) {
                pulledTo = fates.lastKey();
                fates.remove(pulledTo);
            }
        }
    }

    @Test
    void randomStepsAgreeWithTheModel() {
        for (int round = 0; round < 300; round++) {
            long seed = 7_000 + round;
            Random random = new Random(seed);
            ProcessQueue queue = new ProcessQueue();
            Model model = new Model();
            List<ProcessQueue.Entry> taken = new ArrayList<>();
            for (int step = 0; step < 200; step++) {
                step(random, queue, model, taken);
                String where = "seed " + seed + ", step " + step;
                assertThat(queue.commitPoint()).as(where).isEqualTo(model.commitPoint());
                assertThat((long) queue.taken()).as(where).isEqualTo(model.count(Model.Fate.TAKEN));
                assertThat((long) queue.count())
                        .as(where)
                        .isEqualTo(model.count(Model.Fate.TAKEN) + model.count(Model.Fate.WAITING));
                assertThat(queue.bytes()).as(where).isEqualTo(queue.count() * 10L);
                assertThat(queue.span())
                        .as(where)
                        .isEqualTo(queue.count() == 0 ? 0 : model.pulledTo - model.commitPoint());
            }
        }
    }

    private static void step(Random random, ProcessQueue queue, Model model, List<ProcessQueue.Entry> taken) {
        switch (random.nextInt(6)) {
            case 0 -> {
                long offset = model.pulledTo + random.nextInt(3);
                queue.add(message(offset, 10));
                model.fates.put(offset, Model.Fate.WAITING);
                model.pulledTo = offset + 1;
            }
            case 1 -> {
                model.pulledTo += random.nextInt(2);
                queue.lookedUpTo(model.pulledTo);
            }
            case 2 -> {
                List<ProcessQueue.Entry> more = queue.take(1 + random.nextInt(3));
                more.forEach(entry -> model.fates.put(entry.offset(), Model.Fate.TAKEN));
                taken.addAll(more);
            }
            case 3, 4 -> {
                if (!taken.isEmpty()) {
                    ProcessQueue.Entry entry = taken.remove(random.nextInt(taken.size()));
                    queue.finish(entry);
                    model.fates.put(entry.offset(), Model.Fate.FINISHED);
                }
            }
            default -> {
                // all that is taken, or all of it but for the first ones
                int from = random.nextInt(taken.size() + 1);
                List<ProcessQueue.Entry> back = new ArrayList<>(taken.subList(from, taken.size()));
                back.sort((one, other) -> Long.compare(one.offset(), other.offset()));
                taken.removeAll(back);
                back.forEach(entry -> model.fates.put(entry.offset(), Model.Fate.WAITING));
                queue.giveBack(back);
                // all that waits is behind all that is taken, as when a queue is withdrawn
                if (random.nextBoolean() && taken.isEmpty()) {
                    queue.dropWaiting();
                    model.drop();
                }
            }
        }
    }
}
