package org.fulmar.broker.server;

import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Executor;
import org.fulmar.broker.store.ConsumeQueue;
import org.fulmar.broker.store.Facts;
import org.fulmar.broker.store.IndexService;
import org.fulmar.broker.store.MessageStore;
import org.fulmar.broker.store.QueueLog;
import org.fulmar.protocol.command.Fields;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.message.MessageProperties;
import org.fulmar.protocol.message.MessageRecord;
import org.fulmar.protocol.transport.Request;
import org.jspecify.annotations.Nullable;

/** Finds messages by key and by id. Reads files, so it runs on the business pool. */
final class QueryHandler {
    private static final int MAX_FOUND = 64;
    /** What a query by unique key brings at most, as with RocketMQ, whatever it asks for. */
    private static final int MAX_UNIQUE = 32;
    /** Places that the index names which are looked at: some may be of other keys, types or times. */
    private static final int MAX_LOOKED_AT = 1024;

    private static final int MAX_BYTES = 4 << 20;
    /** Bytes of the log that a query waits to see entered, at most: who asks holds a thread of the business pool. */
    private static final long MAX_BEHIND = 64 << 20;

    private static final byte[] KEYS = MessageProperties.name(MessageProperties.KEYS);
    private static final byte[] UNIQ_KEY = MessageProperties.name(MessageProperties.UNIQ_KEY);

    /** Which property a key is looked for in; the letters are those of 5.4 clients. */
    private enum Kind {
        ANY,
        KEYS,
        UNIQUE;

        static @Nullable Kind of(String uniqueFlag, String indexType) {
            if (uniqueFlag.equalsIgnoreCase("true") || indexType.equals("U")) {
                return UNIQUE;
            }
            return switch (indexType) {
                case "" -> ANY;
                case "K" -> KEYS;
                default -> null;
            };
        }
    }

    private final MessageStore store;
    private final Executor core;

    QueryHandler(MessageStore store, Executor core) {
        this.store = store;
        this.core = core;
    }

    /**
     * The newest messages with a key, in the order of the log. A {@code lastKey}, with which 5.4 clients go on behind what
     * they have from another kind of index, is passed over.
     */
    void byKey(Request request) {
        Fields in = Fields.of(request.frame());
        Kind kind = Kind.of(in.text("_UNIQUE_KEY_QUERY", ""), in.text("indexType", ""));
        if (kind == null) {
            request.answer(
                    ResponseCode.QUERY_NOT_FOUND,
                    "messages are indexed by key (K) and by unique key (U), not by type " + in.text("indexType"));
            return;
        }
        long behind = store.index().behind();
        if (behind > MAX_BEHIND) {
            request.answer(
                    ResponseCode.SYSTEM_BUSY,
                    "the key index is being built and lacks " + (behind >> 20) + " MiB of the log: ask again later");
            return;
        }
        String topic = in.text("topic");
        String key = in.text("key");
        long begin = in.number("beginTimestamp", 0);
        long end = in.number("endTimestamp", Long.MAX_VALUE);
        int max = kind == Kind.UNIQUE ? MAX_UNIQUE : Math.min(MAX_FOUND, Math.max(1, in.integer("maxNum", 32)));
        try {
            List<MessageRecord> found = new ArrayList<>();
            // one that was put to another place is in the log twice for a while; the newer comes first
            Set<List<Long>> shown = new HashSet<>();
            int bytes = 0;
            for (long place :
                    new TreeSet<>(store.index().find(topic, key, MAX_LOOKED_AT, begin, end)).descendingSet()) {
                MessageRecord record = found.size() < max ? whole(place) : null;
                if (record != null
                        && bytes + record.size() <= MAX_BYTES
                        && record.storeTimestamp() >= begin
                        && record.storeTimestamp() <= end
                        && record.topic().equals(topic)
                        && hasKey(record, key, kind)
                        && shown.add(List.of((long) record.queueId(), record.queueOffset()))) {
                    found.add(record);
                    bytes += record.size();
                }
            }
            Collections.reverse(found);
            answer(request, topic, found, bytes);
        } catch (IOException e) {
            request.answer(ResponseCode.SYSTEM_ERROR, "the key index can't be read: " + e.getMessage());
        }
    }

    private void answer(Request request, String topic, List<MessageRecord> found, int bytes) {
        IndexService.Newest newest = store.index().newest();
        Map<String, String> fields = Fields.write()
                .put("indexLastUpdateTimestamp", newest.timestamp())
                .put("indexLastUpdatePhyoffset", newest.physicalOffset())
                .map();
        ByteBuf body = request.connection().buffer(Math.max(1, bytes));
        for (MessageRecord record : found) {
            body.writeBytes(record.buffer().slice(record.position(), record.size()));
        }
        request.answer(
                found.isEmpty() ? ResponseCode.QUERY_NOT_FOUND : ResponseCode.SUCCESS,
                found.isEmpty() ? "no message of " + topic + " with this key in this time" : null,
                fields,
                body);
    }

    private static boolean hasKey(MessageRecord record, String key, Kind kind) {
        if (kind != Kind.KEYS && key.equals(record.property(UNIQ_KEY))) {
            return true;
        }
        String keys = kind == Kind.UNIQUE ? null : record.property(KEYS);
        return keys != null && List.of(keys.split(" ")).contains(key);
    }

    /**
     * The message at a place in the log. The client names the place, so what stands there may be anything, also what
     * looks like a record inside of somebody's body: only what a queue's index leads to is a message.
     */
    void byOffset(Request request) {
        long place = Fields.of(request.frame()).number("offset");
        MessageRecord record = whole(place);
        if (record == null) {
            answerNone(request, place);
            return;
        }
        // the core owns the queues
        core.execute(() -> RequestRouter.run(late -> showIfIndexed(late, place, record), request));
    }

    private void showIfIndexed(Request request, long place, MessageRecord record) {
        QueueLog queue = store.queueIfPresent(record.topic(), record.queueId());
        long offset = record.queueOffset();
        if (queue == null || offset < queue.minOffset() || offset >= queue.visibleOffset()) {
            answerNone(request, place);
            return;
        }
        ByteBuffer entry = queue.index().entries(offset, 1);
        if (entry.remaining() < ConsumeQueue.ENTRY_BYTES
                || entry.getLong() != place
                || entry.getInt() != record.size()) {
            answerNone(request, place);
            return;
        }
        ByteBuf body = request.connection().buffer(record.size());
        body.writeBytes(record.buffer().slice(record.position(), record.size()));
        request.answer(ResponseCode.SUCCESS, null, Map.of(), body);
    }

    private static void answerNone(Request request, long place) {
        request.answer(ResponseCode.SYSTEM_ERROR, "no message begins at log offset " + place);
    }

    /** Only a sound message of its own is shown. */
    private @Nullable MessageRecord whole(long place) {
        MessageRecord record = place < 0 ? null : store.log().read(place);
        boolean sound =
                record != null && record.physicalOffset() == place && record.intact() && !record.topicIs(Facts.TOPIC);
        return sound ? record : null;
    }
}
