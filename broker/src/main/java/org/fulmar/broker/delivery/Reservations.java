package org.fulmar.broker.delivery;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * What prepared branches have acknowledged, until they are decided. Part of the {@link GroupTable}; owned by the broker's
 * core.
 */
final class Reservations {
    /** Neighbouring messages of one queue that a branch has. */
    record Reserved(Cursor cursor, long offset, int count) {}

    private final Map<Long, List<Reserved>> byBranch = new HashMap<>();

    void add(long branch, Cursor cursor, long offset, int count) {
        for (int i = 0; i < count; i++) {
            cursor.reserved(offset + i, branch);
        }
        byBranch.computeIfAbsent(branch, b -> new ArrayList<>()).add(new Reserved(cursor, offset, count));
    }

    List<Reserved> of(long branch) {
        return List.copyOf(byBranch.getOrDefault(branch, List.of()));
    }

    boolean isReserved(SubscriptionGroup group) {
        return byBranch.values().stream()
                .anyMatch(ranges -> ranges.stream().anyMatch(range -> range.cursor.group() == group));
    }

    /** The branch is decided: what it has and is not settled is nobody's any more. */
    void resolve(long branch) {
        List<Reserved> had = byBranch.remove(branch);
        if (had == null) {
            return;
        }
        for (Reserved range : had) {
            for (int i = 0; i < range.count; i++) {
                Cursor.InFlight message = range.cursor.held(range.offset + i);
                if (message != null && message.branch == branch) {
                    message.branch = 0;
                }
            }
        }
    }

    void deleted(SubscriptionGroup group) {
        byBranch.values().forEach(all -> all.removeIf(range -> range.cursor.group() == group));
    }

    void clear() {
        byBranch.clear();
    }

    /** What is to last, as it is now. */
    Map<Long, List<Reserved>> lasting() {
        Map<Long, List<Reserved>> copy = new HashMap<>();
        byBranch.forEach((branch, ranges) -> copy.put(
                branch,
                ranges.stream()
                        .filter(range -> range.cursor.group().isLasting())
                        .toList()));
        return copy;
    }

    static void save(ObjectNode json, Map<Long, List<Reserved>> branches) {
        ArrayNode array = json.putArray("reserved");
        branches.forEach((branch, ranges) -> ranges.forEach(range -> array.addObject()
                .put("branch", branch)
                .put("cursor", range.cursor.id())
                .put("offset", range.offset)
                .put("count", range.count)));
    }

    void restore(JsonNode json, IntFunction<@Nullable Cursor> cursors) {
        for (JsonNode node : json.path("reserved")) {
            Cursor cursor = cursors.apply(node.path("cursor").asInt());
            if (cursor != null) {
                add(
                        node.path("branch").asLong(),
                        cursor,
                        node.path("offset").asLong(),
                        node.path("count").asInt());
            }
        }
    }
}
