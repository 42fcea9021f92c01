package org.fulmar.broker.filter;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.fulmar.protocol.message.MessageProperties;
import org.fulmar.protocol.message.MessageRecord;
import org.jspecify.annotations.Nullable;

/**
 * The properties that a SQL92 filter names, in one record after the other: strings, under the names that they have in the
 * record, system properties as TAGS and KEYS among them. Goes once through the property block, and of two entries with
 * one name takes the first, as the tag's hash in the consume queue does. Owned by its filter; holds on to a record only
 * between {@link #open} and {@link #close}.
 */
final class SqlValues implements Values {
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final Identifiers identifiers;
    private final @Nullable String[] texts;
    private final int[] starts;
    /** Where values end; 0 of properties that are not there. */
    private final int[] ends;

    private @Nullable MessageRecord record;
    private boolean scanned;
    private ByteBuffer block = NOTHING;

    SqlValues(Identifiers identifiers) {
        this.identifiers = identifiers;
        texts = new @Nullable String[identifiers.slots()];
        starts = new int[identifiers.slots()];
        ends = new int[identifiers.slots()];
    }

    @Override
    public void open(MessageRecord next) {
        record = next;
    }

    @Override
    public void close() {
        record = null;
        block = NOTHING;
        if (scanned) {
            Arrays.fill(texts, null);
            Arrays.fill(ends, 0);
            scanned = false;
        }
    }

    @Override
    public @Nullable Object value(int slot) {
        MessageRecord current = record;
        if (!scanned && current != null) {
            scanned = true;
            scan(current);
        }
        if (texts[slot] == null && ends[slot] > 0) {
            byte[] bytes = new byte[ends[slot] - starts[slot]];
            block.get(starts[slot], bytes);
            texts[slot] = new String(bytes, StandardCharsets.UTF_8);
        }
        return texts[slot];
    }

    private void scan(MessageRecord current) {
        block = current.buffer();
        int at = current.propertiesPosition();
        int end = at + current.propertiesLength();
        while (at < end) {
            int nameEnd = -1;
            int stop = at;
            for (; stop < end && block.get(stop) != MessageProperties.VALUE_END; stop++) {
                if (nameEnd < 0 && block.get(stop) == MessageProperties.NAME_END) {
                    nameEnd = stop;
                }
            }
            // an entry without a name or a value does not exist
            if (nameEnd > at && nameEnd + 1 < stop) {
                int slot = identifiers.slotOf(block, at, nameEnd);
                if (slot >= 0 && ends[slot] == 0) {
                    starts[slot] = nameEnd + 1;
                    ends[slot] = stop;
                }
            }
            at = stop + 1;
        }
    }
}
