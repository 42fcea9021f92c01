package org.fulmar.client.consumer;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.fulmar.protocol.command.JsonBody;

/**
 * How fast a consumer's topics were pulled and consumed within the last minute, and what failed within the last hour. Has
 * no clock: all times are the caller's nanoseconds. Owned by the consumer's loop.
 */
final class Rates {
    private static final double NANOS_PER_MILLI = 1e6;

    /** A sum over some time until now, which moves on in steps of a sixth of it. */
    private static final class Window {
        private static final int STEPS = 6;

        private final long stepNanos;
        private final long[] sums = new long[STEPS];
        private final long[] steps = new long[STEPS];

        Window(long time, TimeUnit unit) {
            stepNanos = unit.toNanos(time) / STEPS;
        }

        void add(long nanos, long value) {
            long step = Math.floorDiv(nanos, stepNanos);
            int at = Math.floorMod(step, STEPS);
            if (steps[at] != step) {
                steps[at] = step;
                sums[at] = 0;
            }
            sums[at] += value;
        }

        long sum(long nanos) {
            long step = Math.floorDiv(nanos, stepNanos);
            long sum = 0;
            for (int i = 0; i < STEPS; i++) {
                if (step - steps[i] < STEPS) {
                    sum += sums[i];
                }
            }
            return sum;
        }

        double perSecond(long nanos) {
            return sum(nanos) / (stepNanos * STEPS / 1e9);
        }
    }

    /** Those of one topic. */
    static final class OfTopic {
        private final Window pulls = new Window(1, TimeUnit.MINUTES);
        private final Window pullNanos = new Window(1, TimeUnit.MINUTES);
        private final Window pulled = new Window(1, TimeUnit.MINUTES);
        private final Window calls = new Window(1, TimeUnit.MINUTES);
        private final Window callNanos = new Window(1, TimeUnit.MINUTES);
        private final Window consumed = new Window(1, TimeUnit.MINUTES);
        private final Window failed = new Window(1, TimeUnit.MINUTES);
        private final Window failedLately = new Window(1, TimeUnit.HOURS);

        /** A pull has brought messages. */
        void pulled(long now, long tookNanos, int messages) {
            pulls.add(now, 1);
            pullNanos.add(now, tookNanos);
            pulled.add(now, messages);
        }

        /** A listener has ended. */
        void consumed(long now, long tookNanos, int successful, int failures) {
            calls.add(now, 1);
            callNanos.add(now, tookNanos);
            consumed.add(now, successful);
            failed.add(now, failures);
            failedLately.add(now, failures);
        }

        private static double average(Window sum, Window count, long now) {
            return sum.sum(now) / NANOS_PER_MILLI / Math.max(1, count.sum(now));
        }

        /** As RocketMQ's tools read it: rates per second, times in milliseconds. */
        private ObjectNode json(long now) {
            return JsonBody.object()
                    .put("consumeFailedMsgs", failedLately.sum(now))
                    .put("consumeFailedTPS", failed.perSecond(now))
                    .put("consumeOKTPS", consumed.perSecond(now))
                    .put("consumeRT", average(callNanos, calls, now))
                    .put("pullRT", average(pullNanos, pulls, now))
                    .put("pullTPS", pulled.perSecond(now));
        }
    }

    private final Map<String, OfTopic> topics = new TreeMap<>();

    OfTopic of(String topic) {
        return topics.computeIfAbsent(topic, name -> new OfTopic());
    }

    ObjectNode json(long now) {
        ObjectNode table = JsonBody.object();
        topics.forEach((topic, rates) -> table.set(topic, rates.json(now)));
        return table;
    }
}
