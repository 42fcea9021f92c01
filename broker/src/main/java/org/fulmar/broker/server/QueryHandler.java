package org.fulmar.broker.server;

import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.fulmar.broker.store.Facts;
import org.fulmar.broker.store.MessageStore;
import org.fulmar.protocol.command.Fields;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.message.MessageProperties;
import org.fulmar.protocol.message.MessageRecord;
import org.fulmar.protocol.transport.Request;
import org.jspecify.annotations.Nullable;

/** Finds messages by key and by id. Reads files, so it runs on the business pool. */
final class QueryHandler {
    private static final int MAX_FOUND = 64;
    private static final int MAX_BYTES = 4 << 20;
    private static final byte[] KEYS = MessageProperties.name(MessageProperties.KEYS);
    private static final byte[] UNIQ_KEY = MessageProperties.name(MessageProperties.UNIQ_KEY);

    private final MessageStore store;

    QueryHandler(MessageStore store) {
        this.store = store;
    }

    void byKey(Request request) {
        Fields in = Fields.of(request.frame());
        String topic = in.text("topic");
        String key = in.text("key");
        int max = Math.min(MAX_FOUND, Math.max(1, in.integer("maxNum", 32)));
        try {
            List<Long> places = store.index()
                    .find(topic, key, max, in.number("beginTimestamp", 0), in.number("endTimestamp", Long.MAX_VALUE));
            answer(request, topic, key, places);
        } catch (IOException e) {
            request.answer(ResponseCode.SYSTEM_ERROR, "the key index can't be read: " + e.getMessage());
        }
    }

    private void answer(Request request, String topic, String key, List<Long> places) {
        ByteBuf body = request.connection().buffer(1024);
        Set<List<Long>> shown = new HashSet<>();
        for (long place : places) {
            MessageRecord record = whole(place);
            if (record != null
                    && body.readableBytes() + record.size() <= MAX_BYTES
                    && record.topic().equals(topic)
                    && hasKey(record, key)
                    // one that was put to another place is in the log twice for a while, the newer first
                    && shown.add(List.of((long) record.queueId(), record.queueOffset()))) {
                body.writeBytes(record.buffer().slice(record.position(), record.size()));
            }
        }
        Map<String, String> fields = Fields.write()
                .put("indexLastUpdateTimestamp", 0)
                .put("indexLastUpdatePhyoffset", store.log().durable())
                .map();
        boolean found = body.isReadable();
        request.answer(
                found ? ResponseCode.SUCCESS : ResponseCode.QUERY_NOT_FOUND,
                found ? null : "no message of " + topic + " with this key in this time",
                fields,
                body);
    }

    private static boolean hasKey(MessageRecord record, String key) {
        if (key.equals(record.property(UNIQ_KEY))) {
            return true;
        }
        String keys = record.property(KEYS);
        return keys != null && List.of(keys.split(" ")).contains(key);
    }

    void byOffset(Request request) {
        long place = Fields.of(request.frame()).number("offset");
        MessageRecord record = whole(place);
        if (record == null) {
            request.answer(ResponseCode.SYSTEM_ERROR, "no message begins at log offset " + place);
            return;
        }
        ByteBuf body = request.connection().buffer(record.size());
        body.writeBytes(record.buffer().slice(record.position(), record.size()));
        request.answer(ResponseCode.SUCCESS, null, Map.of(), body);
    }

    /** The client names the place, so what stands there may be anything: only a sound message of its own is shown. */
    private @Nullable MessageRecord whole(long place) {
        MessageRecord record = place < 0 ? null : store.log().read(place);
        boolean sound =
                record != null && record.physicalOffset() == place && record.intact() && !record.topicIs(Facts.TOPIC);
        return sound ? record : null;
    }
}
