package org.fulmar.jms.crash;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a transaction manager has decided: lines that are forced before anybody is told. A decision that is not here was
 * not made, and its transaction is to be rolled back. Used by one thread; a torn last line counts for nothing.
 */
final class DecisionLog implements AutoCloseable {
    private static final String COMMIT = "commit ";
    private static final String ROLLBACK = "rollback ";

    private final FileChannel file;
    private final Map<String, Boolean> decisions;

    DecisionLog(Path path) throws IOException {
        decisions = read(path);
        file = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
    }

    /** Transactions, and whether they are to be committed. */
    static Map<String, Boolean> read(Path path) throws IOException {
        Map<String, Boolean> found = new TreeMap<>();
        if (Files.exists(path)) {
            String text = Files.readString(path);
            for (String line : text.substring(0, text.lastIndexOf('\n') + 1).split("\n")) {
                if (line.startsWith(COMMIT)) {
                    found.put(line.substring(COMMIT.length()), true);
                } else if (line.startsWith(ROLLBACK)) {
                    found.put(line.substring(ROLLBACK.length()), false);
                }
            }
        }
        return found;
    }

    /** Returns when the decision is forced. */
    void decide(String transaction, boolean commit) throws IOException {
        String line = (commit ? COMMIT : ROLLBACK) + transaction + "\n";
        file.write(ByteBuffer.wrap(line.getBytes(StandardCharsets.UTF_8)));
        file.force(false);
        decisions.put(transaction, commit);
    }

    /** Null if it is not decided. */
    Boolean decision(String transaction) {
        return decisions.get(transaction);
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
