package org.fulmar.broker.store;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Which files the key index has, kept beside them, so that one that somebody has taken away is missed. Owned by
 * {@link IndexService}, under its monitor.
 */
final class IndexNames {
    private static final String FILE = "files";

    private final Disk disk;
    private final Path directory;
    private List<Long> saved = List.of();

    IndexNames(Disk disk, Path directory) {
        this.disk = disk;
        this.directory = directory;
    }

    /** The files of the index that are there, by the log positions that they are named by. */
    TreeMap<Long, Path> there() throws IOException {
        TreeMap<Long, Path> found = new TreeMap<>();
        for (Path path : disk.list(directory)) {
            if (path.getFileName().toString().matches("\\d{20}")) {
                found.put(Long.parseLong(path.getFileName().toString()), path);
            }
        }
        return found;
    }

    /**
     * The first file that is missing, or has not the size of all: what it and those behind it held must be entered again.
     *
     * @param bytes size of every file
     * @return its name, or {@link Long#MAX_VALUE} if all is there
     */
    long firstDamaged(TreeMap<Long, Path> there, long bytes) throws IOException {
        List<Long> names = load();
        if (names == null) {
            return there.isEmpty() ? Long.MAX_VALUE : there.firstKey();
        }
        saved = names;
        long first = Long.MAX_VALUE;
        for (long name : names) {
            if (!there.containsKey(name)) {
                first = Math.min(first, name);
            }
        }
        Set<Long> known = new HashSet<>(names);
        long newest = names.isEmpty() ? -1 : names.get(names.size() - 1);
        for (long name : there.keySet()) {
            // one behind the newest was made after the names were written
            boolean strange = name < newest && !known.contains(name);
            if (strange || size(there.get(name)) != bytes) {
                first = Math.min(first, name);
            }
        }
        return first;
    }

    private long size(@Nullable Path path) throws IOException {
        if (path == null) {
            return -1;
        }
        try (DiskFile file = disk.open(path)) {
            return file.size();
        }
    }

    /** Null if there are none, or what is there is damaged. */
    private @Nullable List<Long> load() throws IOException {
        byte[] content = disk.read(directory.resolve(FILE));
        if (content == null) {
            return null;
        }
        List<Long> names = new ArrayList<>();
        for (String line : new String(content, StandardCharsets.US_ASCII).split("\n")) {
            if (line.matches("\\d{20}")) {
                names.add(Long.parseLong(line));
            } else if (!line.isEmpty()) {
                return null;
            }
        }
        return names;
    }

    void save(List<Long> names) throws IOException {
        if (!names.equals(saved) || !disk.exists(directory.resolve(FILE))) {
            StringBuilder text = new StringBuilder();
            names.forEach(name -> text.append(LogSegment.fileName(name)).append('\n'));
            disk.replace(directory.resolve(FILE), text.toString().getBytes(StandardCharsets.US_ASCII));
            saved = List.copyOf(names);
        }
    }
}
