package org.fulmar.broker.store;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.fulmar.protocol.frame.FrameException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The saved state of views at a start. One that is damaged, or knows more than the log holds, is built again from the
 * log's beginning. If that is deleted, the state that was saved before it takes its place; without that the store is not
 * opened, since what the view would show were wrong. Used once, on the starting thread.
 */
final class SavedViews {
    private static final Logger LOG = LoggerFactory.getLogger(SavedViews.class);

    private final Disk disk;
    private final Path config;
    private final long start;
    private final long end;
    private final Set<String> known = new HashSet<>();

    /**
     * @param start of the log
     * @param end of the log
     * @param queues the table of queues, which lists the views that were saved with it
     */
    SavedViews(Disk disk, Path config, long start, long end, JsonNode queues) {
        this.disk = disk;
        this.config = config;
        this.start = start;
        this.end = end;
        queues.path("views").forEach(name -> known.add(name.asText()));
    }

    static void list(ObjectNode json, List<View> views) {
        ArrayNode names = json.putArray("views");
        views.forEach(view -> names.add(view.fileName()));
    }

    /** Restores a view; the log position from where it is to be given what the log says. */
    long restore(View view) throws IOException {
        Path file = config.resolve(view.fileName());
        if (!view.isInLog()) {
            return restoreSaved(view, file);
        }
        long position = restore(view, disk.read(file), file);
        if (isWhole(position)) {
            return position;
        }
        Path before = config.resolve(view.fileName() + ".bak");
        boolean isNew = !known.contains(view.fileName()) && !disk.exists(file) && !disk.exists(before);
        if (view.knowsMessagesAlone() || isNew) {
            return position;
        }
        position = restore(view, disk.read(before), before);
        if (!isWhole(position)) {
            throw new IOException(
                    file + " is missing, damaged or newer than the log, and so is its copy; the log, which it could be"
                            + " built from, begins at " + start
                            + " since older files were deleted: put the file back from a backup of the store");
        }
        LOG.warn("{} takes the place of {}", before, file);
        return position;
    }

    /** What no log can tell comes from the file, or else from its copy, or is empty. */
    private long restoreSaved(View view, Path file) throws IOException {
        for (Path each : List.of(file, config.resolve(view.fileName() + ".bak"))) {
            byte[] content = disk.read(each);
            if (content == null) {
                continue;
            }
            try {
                long position = view.restore(content);
                if (!each.equals(file)) {
                    LOG.warn("{} takes the place of {}", each, file);
                }
                return position;
            } catch (FrameException | IllegalArgumentException e) {
                LOG.warn("{} is damaged", each, e);
            }
        }
        return view.restore(null);
    }

    private boolean isWhole(long position) {
        return start == 0 || position >= start;
    }

    private long restore(View view, byte @Nullable [] content, Path file) {
        long position;
        try {
            position = view.restore(content);
        } catch (FrameException | IllegalArgumentException e) {
            LOG.warn("{} is damaged and is built again from the log", file, e);
            position = view.restore(null);
        }
        if (position <= end || position == Long.MAX_VALUE) {
            return position;
        }
        LOG.warn("{} is newer than the log and is built again from it", file);
        return view.restore(null);
    }
}
