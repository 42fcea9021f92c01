package org.fulmar.broker.store;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.fulmar.protocol.command.JsonBody;
import org.fulmar.protocol.frame.FrameException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The queues of the store, their files and the table that is saved of them. Owned by the broker's core. Both may be lost:
 * queues whose files are missing or too short are built again from the log, all of them if the table and its copy are. A
 * queue's offsets go on where the table says, also when the log has no message of it any more.
 */
final class QueueTable {
    /** The name of the table's file. */
    static final String FILE = "queues.json";

    private static final Logger LOG = LoggerFactory.getLogger(QueueTable.class);
    /** Lists the queues that were being built again when the table was saved. */
    private static final String TORN = "torn";

    private final Disk disk;
    private final Path directory;
    private final int fileBytes;
    private final QueueLog.Listener visible;
    private final Map<String, Map<Integer, QueueLog>> queues = new HashMap<>();
    /** Only while the store opens: what the table says of queues whose files do not hold it. */
    private final Map<String, Map<Integer, SavedQueue>> torn = new HashMap<>();

    /**
     * @param visible told on the core when messages of a queue became visible
     */
    QueueTable(Disk disk, StoreOptions options, QueueLog.Listener visible) {
        this.disk = disk;
        this.directory = options.root().resolve("consumequeue");
        this.fileBytes = options.queueFileBytes();
        this.visible = visible;
    }

    /**
     * Opens the queues that the table lists.
     *
     * @param config where the table is
     * @return the table; without anything in it if all queues are to be built again, whose files are deleted then
     */
    ObjectNode restore(Path config) throws IOException {
        for (String name : List.of(FILE, FILE + ".bak")) {
            byte[] table = disk.read(config.resolve(name));
            if (table != null) {
                try {
                    if (JsonBody.parse(table) instanceof ObjectNode json) {
                        restore(json);
                        return json;
                    }
                } catch (FrameException | NumberFormatException e) {
                    LOG.warn("the table of queues {} is damaged", name, e);
                }
            }
        }
        queues.clear();
        torn.clear();
        disk.delete(directory);
        return JsonBody.object();
    }

    private void restore(JsonNode json) throws IOException {
        queues.clear();
        torn.clear();
        for (Map.Entry<String, JsonNode> topic : json.path("queues").properties()) {
            for (Map.Entry<String, JsonNode> each : topic.getValue().properties()) {
                int queueId = Integer.parseInt(each.getKey());
                SavedQueue saved = SavedQueue.of(each.getValue());
                QueueLog queue = make(topic.getKey(), queueId, saved);
                if (json.path(TORN).path(topic.getKey()).has(each.getKey()) || !isWhole(queue)) {
                    torn.computeIfAbsent(topic.getKey(), t -> new HashMap<>()).put(queueId, saved);
                }
            }
        }
    }

    /** Whether a queue's files hold what the table says. */
    private static boolean isWhole(QueueLog queue) throws IOException {
        boolean whole =
                queue.visibleOffset() == queue.minOffset() || queue.index().lastPhysicalOffset() >= 0;
        return whole
                && queue.index()
                        .hasFiles(Math.max(queue.minOffset(), queue.index().orderedFrom()));
    }

    /** Whether a queue is to be built again once it is known that its topic is still there. */
    boolean isTorn(String topic, int queueId) {
        return !torn.isEmpty() && torn.getOrDefault(topic, Map.of()).containsKey(queueId);
    }

    /** Whether there are queues to build again. */
    boolean hasTorn() {
        return !torn.isEmpty();
    }

    /**
     * Begins torn queues anew, which the log's records fill again. The table says so first: until the next one is saved,
     * what their files hold is not to be trusted.
     */
    void emptyTorn(ObjectNode table, Path config) throws IOException {
        if (torn.isEmpty()) {
            return;
        }
        ObjectNode names = table.putObject(TORN);
        torn.forEach((topic, perTopic) -> {
            ObjectNode ids = names.putObject(topic);
            perTopic.keySet().forEach(id -> ids.put(Integer.toString(id), true));
        });
        disk.replace(config.resolve(FILE), JsonBody.bytes(table));
        for (Map.Entry<String, Map<Integer, SavedQueue>> topic : torn.entrySet()) {
            for (int queueId : topic.getValue().keySet()) {
                LOG.warn(
                        "files of queue {} of {} are missing or too short: it is built again from the log",
                        queueId,
                        topic.getKey());
                disk.delete(files(topic.getKey(), queueId));
                make(topic.getKey(), queueId, SavedQueue.EMPTY);
            }
        }
    }

    /** A torn queue begins at an offset again, after the table was saved: it was deleted and made anew. */
    void madeAnew(String topic, int queueId, long offset) {
        Map<Integer, SavedQueue> perTopic = torn.getOrDefault(topic, Map.of());
        SavedQueue saved = perTopic.get(queueId);
        if (saved != null && offset < saved.max()) {
            perTopic.put(queueId, SavedQueue.EMPTY);
        }
    }

    /** What torn queues have of a topic so far is that of an earlier one of its name, which was deleted. */
    void forgetTorn(String topic) throws IOException {
        for (int queueId : torn.getOrDefault(topic, Map.of()).keySet()) {
            disk.delete(files(topic, queueId));
            make(topic, queueId, SavedQueue.EMPTY);
        }
    }

    /**
     * Ends the building of torn queues: their offsets go on where they were.
     *
     * @param logWhole whether the log has all that it had when the table was saved
     */
    void endTorn(boolean logWhole) {
        if (logWhole) {
            torn.forEach((topic, perTopic) ->
                    perTopic.forEach((queueId, saved) -> get(topic, queueId).skipTo(saved.max())));
        }
        torn.clear();
    }

    private Path files(String topic, int queueId) {
        return directory.resolve(topic).resolve(Integer.toString(queueId));
    }

    private QueueLog make(String topic, int queueId, SavedQueue saved) {
        Path files = files(topic, queueId);
        QueueLog queue = new QueueLog(
                topic,
                queueId,
                new ConsumeQueue(disk, files, fileBytes, saved.max(), saved.min(), saved.orderedFrom()),
                visible);
        queues.computeIfAbsent(topic, t -> new TreeMap<>()).put(queueId, queue);
        return queue;
    }

    /** The queue, made if it is not there. The topic's name has been checked: it becomes part of a path. */
    QueueLog get(String topic, int queueId) {
        QueueLog queue = getIfPresent(topic, queueId);
        return queue == null ? make(topic, queueId, SavedQueue.EMPTY) : queue;
    }

    @Nullable QueueLog getIfPresent(String topic, int queueId) {
        Map<Integer, QueueLog> perTopic = queues.get(topic);
        return perTopic == null ? null : perTopic.get(queueId);
    }

    void forEach(Consumer<QueueLog> action) {
        queues.values().forEach(perTopic -> perTopic.values().forEach(action));
    }

    /** Forgets a topic's queues and removes their files. */
    void delete(String topic) throws IOException {
        Map<Integer, QueueLog> gone = queues.remove(topic);
        if (gone != null) {
            gone.values().forEach(queue -> queue.index().deleted());
        }
        torn.remove(topic);
        disk.delete(directory.resolve(topic));
    }

    /** Forgets the queues of topics that are gone, and removes their files. */
    void deleteUnless(Predicate<String> exists) throws IOException {
        for (String topic : List.copyOf(queues.keySet())) {
            if (!exists.test(topic)) {
                delete(topic);
            }
        }
    }

    /**
     * Entries of queues that no checkpoint has written yet.
     *
     * @param writes to be run before the table is saved
     * @param done to be run after them
     * @param tabled to be run when the table is saved
     */
    record Unsaved(List<ConsumeQueue.Write> writes, List<Runnable> done, List<Runnable> tabled) {}

    /** Puts the table as it is now into {@code json}. */
    Unsaved capture(ObjectNode json) {
        Unsaved unsaved = new Unsaved(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        ObjectNode all = json.putObject("queues");
        queues.forEach((topic, perTopic) -> {
            ObjectNode node = all.putObject(topic);
            perTopic.forEach((id, queue) -> {
                SavedQueue.put(node, queue);
                long min = queue.minOffset();
                if (min > queue.index().savedMin()) {
                    unsaved.tabled.add(() -> queue.index().savedMin(min));
                }
                if (queue.index().hasUnsaved()) {
                    long saved = queue.visibleOffset();
                    unsaved.writes.addAll(queue.index().unsaved());
                    Map<Long, ByteBuffer> changes = queue.index().changes();
                    unsaved.done.add(() -> {
                        queue.index().saved(saved);
                        queue.index().saved(changes);
                    });
                }
            });
        });
        return unsaved;
    }
}
