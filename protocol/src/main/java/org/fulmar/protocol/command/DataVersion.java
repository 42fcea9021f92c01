package org.fulmar.protocol.command;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** RocketMQ's version of a table: it counts up with each change, and the state version fences older owners. */
public record DataVersion(long stateVersion, long timestamp, long counter) {
    public DataVersion next(long now) {
        return new DataVersion(stateVersion, now, counter + 1);
    }

    public ObjectNode toJson() {
        return JsonBody.object()
                .put("counter", counter)
                .put("stateVersion", stateVersion)
                .put("timestamp", timestamp);
    }

    public static DataVersion fromJson(JsonNode json) {
        return new DataVersion(
                json.path("stateVersion").asLong(),
                json.path("timestamp").asLong(),
                json.path("counter").asLong());
    }
}
