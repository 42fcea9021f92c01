package org.fulmar.tck;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The events that a JVM writes, read while it does so. Used by one thread. */
final class EventFile {
    /** More than any JVM has to tell: 100 bytes and a message for each of thousands of tests. */
    private static final long MAX_BYTES = 64L << 20;

    private final Path file;
    private long read;

    EventFile(Path file) {
        this.file = file;
    }

    /** Those that have come since the last call; a line that is not whole yet waits for the next. */
    List<TestEvent> next() throws IOException {
        List<TestEvent> events = new ArrayList<>();
        if (!Files.exists(file)) {
            return events;
        }
        try (RandomAccessFile in = new RandomAccessFile(file.toFile(), "r")) {
            if (in.length() > MAX_BYTES) {
                throw new IOException(file + " has grown to " + in.length() + " bytes, more than events can have");
            }
            byte[] bytes = new byte[(int) (in.length() - read)];
            in.seek(read);
            in.readFully(bytes);
            int whole = bytes.length;
            while (whole > 0 && bytes[whole - 1] != '\n') {
                whole--;
            }
            read += whole;
            for (String line :
                    new String(bytes, 0, whole, StandardCharsets.UTF_8).lines().toList()) {
                TestEvent event = TestEvent.of(line);
                if (event == null) {
                    throw new IOException(file + " has a line that is no event: " + line);
                }
                events.add(event);
            }
        }
        return events;
    }
}
