package org.fulmar.broker.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * One file of the key index in RocketMQ's layout: a header of 40 bytes, hash slots of 4 bytes that hold the newest
 * entry's number, and entries of 20 bytes, each linked to the one before it in its slot. Entry 0 is not used.
 *
 * <p>Not thread-safe; {@link IndexService} owns it. After a crash {@link #rebuild} trusts only the entries that a
 * checkpoint has forced, and links them anew.
 */
final class KeyIndex {
    private static final int HEADER = 40;
    private static final int SLOT = 4;
    private static final int ENTRY = 20;

    private final Path path;
    private final int slots;
    private final int maxEntries;
    private final DiskFile file;
    private final ByteBuffer data;

    private KeyIndex(Path path, int slots, int maxEntries, DiskFile file, ByteBuffer data) {
        this.path = path;
        this.slots = slots;
        this.maxEntries = maxEntries;
        this.file = file;
        this.data = data;
    }

    static KeyIndex open(Disk disk, Path path, int slots, int maxEntries) throws IOException {
        DiskFile file = disk.open(path);
        KeyIndex index = new KeyIndex(path, slots, maxEntries, file, file.mapForWriting(fileBytes(slots, maxEntries)));
        if (index.count() == 0) {
            index.data.putInt(36, 1);
        }
        return index;
    }

    static long fileBytes(int slots, int maxEntries) {
        return HEADER + (long) slots * SLOT + (long) maxEntries * ENTRY;
    }

    Path path() {
        return path;
    }

    /** The log position that the file is named by. */
    long base() {
        return Long.parseLong(path.getFileName().toString());
    }

    /** Entries in use, with the unused entry 0. */
    int count() {
        return data.getInt(36);
    }

    boolean full() {
        return count() >= maxEntries;
    }

    long beginTimestamp() {
        return data.getLong(0);
    }

    long endTimestamp() {
        return data.getLong(8);
    }

    long endPhysicalOffset() {
        return data.getLong(24);
    }

    static int hash(String topic, String key) {
        int hash = (topic + "#" + key).hashCode();
        return hash == Integer.MIN_VALUE ? 0 : Math.abs(hash);
    }

    private int entryAt(int number) {
        return HEADER + slots * SLOT + number * ENTRY;
    }

    void put(int hash, long physicalOffset, long storeTimestamp) {
        int number = count();
        if (number == 1) {
            data.putLong(0, storeTimestamp);
            data.putLong(16, physicalOffset);
        }
        int at = entryAt(number);
        data.putInt(at, hash);
        data.putLong(at + 4, physicalOffset);
        data.putInt(at + 12, (int) Math.max(0, (storeTimestamp - beginTimestamp()) / 1000));
        link(number, hash);
        data.putLong(8, Math.max(endTimestamp(), storeTimestamp));
        data.putLong(24, physicalOffset);
        data.putInt(36, number + 1);
    }

    private void link(int number, int hash) {
        int slotAt = HEADER + hash % slots * SLOT;
        int previous = data.getInt(slotAt);
        if (previous == 0) {
            data.putInt(32, data.getInt(32) + 1);
        }
        data.putInt(entryAt(number) + 16, previous);
        data.putInt(slotAt, number);
    }

    /** Adds the places of messages with this hash, the newest first, until {@code max} are found. */
    void find(int hash, long begin, long end, int max, List<Long> found) {
        int number = data.getInt(HEADER + hash % slots * SLOT);
        int guard = count();
        while (number > 0 && number < count() && guard-- > 0 && found.size() < max) {
            int at = entryAt(number);
            long time = beginTimestamp() + data.getInt(at + 12) * 1000L;
            if (data.getInt(at) == hash && time + 1000 > begin && time <= end) {
                found.add(data.getLong(at + 4));
            }
            int previous = data.getInt(at + 16);
            if (previous >= number) {
                break;
            }
            number = previous;
        }
    }

    /** Keeps the first {@code count} entries of which none points behind {@code logEnd}, and links them anew. */
    void rebuild(int count, long logEnd) {
        int keep = Math.max(1, Math.min(Math.min(count, count()), maxEntries));
        List<Integer> hashes = new ArrayList<>();
        for (int number = 1; number < keep && data.getLong(entryAt(number) + 4) < logEnd; number++) {
            hashes.add(data.getInt(entryAt(number)));
        }
        for (int slot = 0; slot < slots; slot++) {
            data.putInt(HEADER + slot * SLOT, 0);
        }
        data.putInt(32, 0);
        for (int i = 0; i < hashes.size(); i++) {
            link(i + 1, Math.max(0, hashes.get(i)));
        }
        data.putInt(36, hashes.size() + 1);
        data.putLong(24, hashes.isEmpty() ? 0 : data.getLong(entryAt(hashes.size()) + 4));
    }

    void force() throws IOException {
        file.force();
    }

    void close() throws IOException {
        file.close();
    }
}
