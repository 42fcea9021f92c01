package org.fulmar.client.offset;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.fulmar.client.MessageQueue;
import org.fulmar.protocol.command.JsonBody;
import org.fulmar.protocol.frame.FrameException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The offsets of one client and group in {@code directory/clientId/group/offsets.json}, replaced as a whole and forced,
 * with the previous content in {@code offsets.json.bak}. For any thread; files are written by the executor that it is
 * given, one write at a time.
 */
public final class LocalOffsets implements OffsetStore {
    private static final Logger LOG = LoggerFactory.getLogger(LocalOffsets.class);
    private static final long MAX_FILE_BYTES = 64L << 20;
    private static final int MAX_NAME = 120;

    private final Path file;
    private final Path backup;
    private final Executor executor;
    /** Guarded by itself. */
    private final Map<MessageQueue, Long> offsets = new TreeMap<>();

    /** Whether the file holds something else; guarded by {@link #offsets}. */
    private boolean changed;

    private CompletableFuture<Void> lastWrite = CompletableFuture.completedFuture(null);

    /**
     * Reads the offsets that are there.
     *
     * @param executor for what may block
     * @throws IOException if there are files, and neither can be read
     */
    public LocalOffsets(Path directory, String clientId, String group, Executor executor) throws IOException {
        this.file = directory.resolve(escaped(clientId)).resolve(escaped(group)).resolve("offsets.json");
        this.backup = file.resolveSibling("offsets.json.bak");
        this.executor = executor;
        load();
    }

    /** A file name that can hold any text: what is not a plain character is written as its hexadecimal bytes. */
    static String escaped(String name) {
        StringBuilder text = new StringBuilder();
        for (byte octet : name.getBytes(StandardCharsets.UTF_8)) {
            char c = (char) (octet & 0xFF);
            boolean plain =
                    c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || "@-_".indexOf(c) >= 0;
            text.append(plain ? String.valueOf(c) : String.format("%%%02X", (int) c));
        }
        if (text.length() > MAX_NAME) {
            // as long as a file may be named, and different for different names
            return text.substring(0, MAX_NAME) + "%" + UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8));
        }
        return text.toString();
    }

    private void load() throws IOException {
        if (!Files.exists(file) && !Files.exists(backup)) {
            return;
        }
        try {
            read(file);
        } catch (IOException | FrameException e) {
            LOG.warn("{} can't be read, its backup is taken", file, e);
            offsets.clear();
            try {
                read(backup);
            } catch (IOException | FrameException second) {
                second.addSuppressed(e);
                throw new IOException(
                        "neither " + file + " nor its backup can be read; delete both to begin anew", second);
            }
        }
    }

    private void read(Path from) throws IOException {
        if (Files.size(from) > MAX_FILE_BYTES) {
            throw new IOException(from + " is larger than " + MAX_FILE_BYTES + " bytes");
        }
        for (JsonNode node : JsonBody.parse(Files.readAllBytes(from)).path("offsets")) {
            JsonNode offset = node.path("offset");
            if (!offset.isIntegralNumber() || offset.asLong() < 0) {
                throw new IOException(from + " has an entry without an offset: " + node);
            }
            offsets.put(
                    new MessageQueue(
                            node.path("topic").asText(),
                            node.path("brokerName").asText(),
                            node.path("queueId").asInt()),
                    offset.asLong());
        }
    }

    @Override
    public CompletableFuture<Long> stored(MessageQueue queue) {
        synchronized (offsets) {
            return CompletableFuture.completedFuture(offsets.getOrDefault(queue, NONE));
        }
    }

    @Override
    public void update(MessageQueue queue, long offset) {
        synchronized (offsets) {
            Long before = offsets.put(queue, offset);
            changed |= before == null || before != offset;
        }
    }

    /** Nobody else has them: they stay. */
    @Override
    public void forget(MessageQueue queue) {
        // the queue may come back, with a broker that was away
    }

    /** Writes all queues, whichever are asked for. */
    @Override
    public synchronized CompletableFuture<Void> write(Collection<MessageQueue> queues) {
        lastWrite = lastWrite.handle((done, failed) -> failed).thenAcceptAsync(earlier -> replace(), executor);
        return lastWrite;
    }

    private void replace() {
        byte[] content;
        synchronized (offsets) {
            if (!changed) {
                return;
            }
            changed = false;
            content = content();
        }
        Path fresh = file.resolveSibling("offsets.json.tmp");
        try {
            Files.createDirectories(parent(file));
            try (FileChannel out = FileChannel.open(
                    fresh, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
                ByteBuffer bytes = ByteBuffer.wrap(content);
                while (bytes.hasRemaining()) {
                    out.write(bytes);
                }
                out.force(true);
            }
            if (Files.exists(file)) {
                Files.move(file, backup, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            }
            Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            synchronized (offsets) {
                changed = true;
            }
            throw new UncheckedIOException("offsets can't be written to " + file, e);
        }
    }

    private static Path parent(Path path) throws IOException {
        @Nullable Path parent = path.getParent();
        if (parent == null) {
            throw new IOException(path + " is in no directory");
        }
        return parent;
    }

    private byte[] content() {
        ObjectNode json = JsonBody.object();
        ArrayNode list = json.putArray("offsets");
        offsets.forEach((queue, offset) -> list.addObject()
                .put("topic", queue.topic())
                .put("brokerName", queue.brokerName())
                .put("queueId", queue.queueId())
                .put("offset", offset));
        return JsonBody.prettyBytes(json);
    }
}
