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
 * The queues of the store, their files and the table that is saved of them. Owned by the broker's core. It may be lost: the
 * queues of one that is missing, damaged or at odds with the files are built again from the log.
 */
final class QueueTable {
    /** The name of the table's file. */
    static final String FILE = "queues.json";

    private static final Logger LOG = LoggerFactory.getLogger(QueueTable.class);

    private final Disk disk;
    private final Path directory;
    private final int fileBytes;
    private final QueueLog.Listener visible;
    private final Map<String, Map<Integer, QueueLog>> queues = new HashMap<>();

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
     * Opens the queues that a table lists.
     *
     * @return the table; without anything in it if the queues are to be built again, whose files are deleted then
     */
    JsonNode restore(byte @Nullable [] table) throws IOException {
        if (table != null) {
            try {
                JsonNode json = JsonBody.parse(table);
                if (restore(json)) {
                    return json;
                }
            } catch (FrameException | NumberFormatException e) {
                LOG.warn("the table of queues is damaged", e);
            }
            LOG.warn("the consume queues are built again from the log");
        }
        queues.clear();
        disk.delete(directory);
        return JsonBody.object();
    }

    /** Whether every queue's files hold what the table says. */
    private boolean restore(JsonNode json) throws IOException {
        json.path("queues")
                .properties()
                .forEach(topic -> topic.getValue()
                        .properties()
                        .forEach(queue -> make(
                                topic.getKey(), Integer.parseInt(queue.getKey()), SavedQueue.of(queue.getValue()))));
        for (Map<Integer, QueueLog> perTopic : queues.values()) {
            for (QueueLog queue : perTopic.values()) {
                boolean whole = queue.visibleOffset() == queue.minOffset()
                        || queue.index().lastPhysicalOffset() >= 0;
                long from = Math.max(queue.minOffset(), queue.index().orderedFrom());
                if (!whole || !queue.index().hasFiles(from)) {
                    LOG.warn("files of queue {} of {} are missing or too short", queue.queueId(), queue.topic());
                    return false;
                }
            }
        }
        return true;
    }

    private QueueLog make(String topic, int queueId, SavedQueue saved) {
        Path files = directory.resolve(topic).resolve(Integer.toString(queueId));
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
     */
    record Unsaved(List<ConsumeQueue.Write> writes, List<Runnable> done) {}

    /** Puts the table as it is now into {@code json}. */
    Unsaved capture(ObjectNode json) {
        Unsaved unsaved = new Unsaved(new ArrayList<>(), new ArrayList<>());
        ObjectNode all = json.putObject("queues");
        queues.forEach((topic, perTopic) -> {
            ObjectNode node = all.putObject(topic);
            perTopic.forEach((id, queue) -> {
                SavedQueue.put(node, queue);
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
