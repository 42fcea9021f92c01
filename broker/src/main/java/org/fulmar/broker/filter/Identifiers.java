package org.fulmar.broker.filter;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.fulmar.protocol.message.JmsNames;
import org.fulmar.protocol.message.MessageProperties;

/**
 * The user properties that one selector names, each with a slot; the slots before them are those of {@link Header}.
 * Finds names in a record's bytes by binary search, so that no choice of names makes it slow. Immutable.
 */
final class Identifiers {
    /** Gives out slots while a selector is compiled. */
    static final class Collector {
        private final Map<String, Integer> slots = new LinkedHashMap<>();

        int slot(String property) {
            return slots.computeIfAbsent(property, name -> Header.COUNT + slots.size());
        }

        Identifiers done() {
            return new Identifiers(slots);
        }
    }

    private static final byte[] KEYS = MessageProperties.name(MessageProperties.KEYS);

    private record Entry(byte[] name, int slot, boolean reserved) {}

    private final byte[][] names;
    private final int[] slots;
    private final boolean[] reserved;
    /** The slot of the property that travels as RocketMQ's KEYS, or -1. */
    private final int keys;

    private Identifiers(Map<String, Integer> bySlot) {
        List<Entry> entries = new ArrayList<>(bySlot.size());
        bySlot.forEach((name, slot) ->
                entries.add(new Entry(name.getBytes(StandardCharsets.UTF_8), slot, JmsNames.isReserved(name))));
        entries.sort(Comparator.comparing(Entry::name, Arrays::compare));
        keys = bySlot.getOrDefault(JmsNames.KEYS_PROPERTY, -1);
        int count = entries.size();
        names = new byte[count][];
        slots = new int[count];
        reserved = new boolean[count];
        for (int i = 0; i < count; i++) {
            names[i] = entries.get(i).name();
            slots[i] = entries.get(i).slot();
            reserved[i] = entries.get(i).reserved();
        }
    }

    /** How many slots there are, those of headers included. */
    int slots() {
        return Header.COUNT + names.length;
    }

    boolean hasProperties() {
        return names.length > 0;
    }

    /** The slot of the property with a name, or -1. */
    int slotOf(ByteBuffer buffer, int from, int to) {
        int index = find(buffer, from, to);
        return index < 0 ? -1 : slots[index];
    }

    /** The slot of the property that travels under a name, or -1. */
    int slotOnTheWire(ByteBuffer buffer, int from, int to) {
        if (isDisplaced(buffer, from, to)) {
            return slotOf(buffer, from + JmsNames.DISPLACED.length(), to);
        }
        if (keys >= 0 && compare(KEYS, buffer, from, to) == 0) {
            return keys;
        }
        int index = find(buffer, from, to);
        return index < 0 || reserved[index] ? -1 : slots[index];
    }

    private static boolean isDisplaced(ByteBuffer buffer, int from, int to) {
        int length = JmsNames.DISPLACED.length();
        if (to - from < length) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            if (buffer.get(from + i) != JmsNames.DISPLACED.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private int find(ByteBuffer buffer, int from, int to) {
        int low = 0;
        int high = names.length - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            int order = compare(names[middle], buffer, from, to);
            if (order == 0) {
                return middle;
            }
            if (order < 0) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return -1;
    }

    /** As {@link Arrays#compare(byte[], byte[])}. */
    private static int compare(byte[] name, ByteBuffer buffer, int from, int to) {
        int common = Math.min(name.length, to - from);
        for (int i = 0; i < common; i++) {
            int order = name[i] - buffer.get(from + i);
            if (order != 0) {
                return order;
            }
        }
        return name.length - (to - from);
    }
}
