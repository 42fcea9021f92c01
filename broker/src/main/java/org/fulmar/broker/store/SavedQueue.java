package org.fulmar.broker.store;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * What is saved of a queue: its last offset alone as long as nothing of it was deleted or put to another place.
 *
 * @param max the offset behind the last one
 * @param min the first offset
 * @param orderedFrom from where on entries are in the order of the log
 */
record SavedQueue(long max, long min, long orderedFrom) {
    static final SavedQueue EMPTY = new SavedQueue(0, 0, 0);

    static SavedQueue of(JsonNode node) {
        return node.isArray()
                ? new SavedQueue(
                        node.path(0).asLong(),
                        node.path(1).asLong(),
                        node.path(2).asLong())
                : new SavedQueue(node.asLong(), 0, 0);
    }

    static void put(ObjectNode json, QueueLog queue) {
        String id = Integer.toString(queue.queueId());
        ConsumeQueue index = queue.index();
        if (index.minOffset() == 0 && index.orderedFrom() == 0) {
            json.put(id, index.maxOffset());
        } else {
            json.putArray(id).add(index.maxOffset()).add(index.minOffset()).add(index.orderedFrom());
        }
    }
}
