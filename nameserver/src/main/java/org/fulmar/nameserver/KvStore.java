package org.fulmar.nameserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.TreeMap;
import org.fulmar.protocol.command.JsonBody;
import org.fulmar.protocol.frame.FrameException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The KV configuration: values by namespace and key, and the file {@code kvConfig.json} that keeps them if a directory
 * is given.
 *
 * <p>Any thread may read. Changes come from one thread, the name server's KV thread, since they write the file. A change is seen only
 * when it is in the file; the file is replaced as a whole, and the copy before it stays as {@code kvConfig.json.bak}.
 */
final class KvStore {
    /** Most entries over all namespaces. */
    static final int MAX_ENTRIES = 10_000;
    /** Longest namespace or key, in characters. */
    static final int MAX_NAME_LENGTH = 255;
    /** Longest value, in characters. */
    static final int MAX_VALUE_LENGTH = 65_536;
    /** Most characters of all namespaces, keys and values together. */
    static final long MAX_TOTAL_LENGTH = 8 << 20;

    private static final Logger LOG = LoggerFactory.getLogger(KvStore.class);
    private static final String FILE = "kvConfig.json";
    private static final long MAX_FILE_BYTES = 8 * MAX_TOTAL_LENGTH;

    private final @Nullable Path directory;
    private volatile Map<String, Map<String, String>> table;

    private KvStore(@Nullable Path directory, Map<String, Map<String, String>> table) {
        this.directory = directory;
        this.table = table;
    }

    static KvStore inMemory() {
        return new KvStore(null, Map.of());
    }

    /**
     * Reads the directory's file, or its previous copy if the file is damaged; makes the directory if it is missing.
     *
     * @throws IOException if neither can be read
     */
    static KvStore open(Path directory) throws IOException {
        Files.createDirectories(directory);
        Path file = directory.resolve(FILE);
        if (!Files.exists(file)) {
            return new KvStore(directory, Map.of());
        }
        try {
            return new KvStore(directory, read(file));
        } catch (IOException damaged) {
            Path previous = previous(file);
            if (!Files.exists(previous)) {
                throw damaged;
            }
            LOG.warn("{} can't be read, the previous copy is taken", file, damaged);
            return new KvStore(directory, read(previous));
        }
    }

    private static Map<String, Map<String, String>> read(Path file) throws IOException {
        if (Files.size(file) > MAX_FILE_BYTES) {
            throw new IOException(file + " is larger than " + MAX_FILE_BYTES + " bytes");
        }
        try {
            Map<String, Map<String, String>> table = new TreeMap<>();
            for (Map.Entry<String, JsonNode> namespace :
                    JsonBody.parse(Files.readAllBytes(file)).path("configTable").properties()) {
                Map<String, String> entries = new TreeMap<>();
                namespace
                        .getValue()
                        .properties()
                        .forEach(e -> entries.put(e.getKey(), e.getValue().asText()));
                table.put(namespace.getKey(), entries);
            }
            check(table);
            return table;
        } catch (FrameException | IllegalArgumentException e) {
            throw new IOException(file + ": " + e.getMessage(), e);
        }
    }

    @Nullable String get(String namespace, String key) {
        return list(namespace).get(key);
    }

    /** The entries of a namespace; none if there is no such namespace. */
    Map<String, String> list(String namespace) {
        return table.getOrDefault(namespace, Map.of());
    }

    /**
     * @throws IllegalArgumentException if a bound would be exceeded; nothing is changed then
     * @throws IOException if the file can't be written; nothing is changed then
     */
    void put(String namespace, String key, String value) throws IOException {
        checkLength("the namespace", namespace, 1, MAX_NAME_LENGTH);
        checkLength("the key", key, 1, MAX_NAME_LENGTH);
        checkLength("the value", value, 0, MAX_VALUE_LENGTH);
        Map<String, Map<String, String>> changed = new TreeMap<>(table);
        Map<String, String> entries = new TreeMap<>(list(namespace));
        entries.put(key, value);
        changed.put(namespace, entries);
        check(changed);
        publish(changed);
    }

    /**
     * Removes an entry if it is there.
     *
     * @throws IOException if the file can't be written; nothing is changed then
     */
    void delete(String namespace, String key) throws IOException {
        if (get(namespace, key) == null) {
            return;
        }
        Map<String, Map<String, String>> changed = new TreeMap<>(table);
        Map<String, String> entries = new TreeMap<>(list(namespace));
        entries.remove(key);
        if (entries.isEmpty()) {
            changed.remove(namespace);
        } else {
            changed.put(namespace, entries);
        }
        publish(changed);
    }

    private static void checkLength(String what, String text, int min, int max) {
        if (text.length() < min || text.length() > max) {
            throw new IllegalArgumentException(
                    what + " has " + text.length() + " characters, " + min + " to " + max + " are accepted");
        }
    }

    private static void check(Map<String, Map<String, String>> table) {
        long entries = 0;
        long length = 0;
        for (Map.Entry<String, Map<String, String>> namespace : table.entrySet()) {
            for (Map.Entry<String, String> entry : namespace.getValue().entrySet()) {
                entries++;
                length += namespace.getKey().length()
                        + entry.getKey().length()
                        + entry.getValue().length();
            }
        }
        if (entries > MAX_ENTRIES) {
            throw new IllegalArgumentException("there can be at most " + MAX_ENTRIES + " entries");
        }
        if (length > MAX_TOTAL_LENGTH) {
            throw new IllegalArgumentException(
                    "all entries together can have at most " + MAX_TOTAL_LENGTH + " characters");
        }
    }

    private void publish(Map<String, Map<String, String>> changed) throws IOException {
        if (directory != null) {
            write(directory.resolve(FILE), changed);
        }
        table = changed;
    }

    private static void write(Path file, Map<String, Map<String, String>> content) throws IOException {
        ObjectNode json = JsonBody.object();
        ObjectNode namespaces = json.putObject("configTable");
        content.forEach((namespace, entries) -> entries.forEach(namespaces.putObject(namespace)::put));
        Path next = file.resolveSibling(FILE + ".tmp");
        try (FileChannel channel = FileChannel.open(
                next, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            ByteBuffer bytes = ByteBuffer.wrap(JsonBody.prettyBytes(json));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        }
        if (Files.exists(file)) {
            Files.copy(file, previous(file), StandardCopyOption.REPLACE_EXISTING);
        }
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        try (FileChannel parent = FileChannel.open(file.resolveSibling("."), StandardOpenOption.READ)) {
            parent.force(true);
        }
    }

    private static Path previous(Path file) {
        return file.resolveSibling(FILE + ".bak");
    }
}
