package org.fulmar.broker.delivery;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads a queue's available messages without taking any. Stateless; used on the core. */
final class Browsing {
    /** Messages that are looked at in one call, at most. */
    private static final int TESTS = 4096;

    private Browsing() {}

    /** {@link DeliveryEngine#browse}. */
    static boolean browse(
            SubscriptionGroup group,
            Backlog backlog,
            @Nullable MessageTest test,
            Map<Integer, Long> positions,
            int max,
            DeliveryEngine.Shown shown) {
        int tests = TESTS;
        int left = max;
        for (Cursor cursor : group.cursors()) {
            int queueId = cursor.queueId();
            long end = backlog.visibleOffset(group.topic(), queueId);
            long offset = Math.max(cursor.floor(), positions.getOrDefault(queueId, 0L));
            boolean room = true;
            while (offset < end && room && left > 0 && tests > 0) {
                offset = cursor.unsettled(offset);
                if (offset >= end) {
                    break;
                }
                tests--;
                if (cursor.isAvailable(offset)
                        && backlog.verdict(group.topic(), queueId, offset, test) == Backlog.Verdict.DELIVER) {
                    int before = cursor.returned().getOrDefault(offset, 0);
                    room = shown.message(queueId, offset, before + 1);
                    left--;
                }
                offset++;
            }
            offset = Math.min(offset, end);
            positions.put(queueId, offset);
            if (offset < end) {
                return false;
            }
        }
        return true;
    }
}
