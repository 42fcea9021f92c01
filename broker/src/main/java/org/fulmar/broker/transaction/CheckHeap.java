package org.fulmar.broker.transaction;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Half messages by when they are looked at next; any of them can be moved or taken out. Not thread-safe. */
final class CheckHeap {
    private static final int FIRST = 64;

    private HalfMessage[] heap = new HalfMessage[FIRST];
    private int size;

    int size() {
        return size;
    }

    @Nullable HalfMessage first() {
        return size == 0 ? null : heap[0];
    }

    void add(HalfMessage half) {
        if (size == heap.length) {
            heap = Arrays.copyOf(heap, 2 * size);
        }
        up(size++, half);
    }

    /** Its time has changed. */
    void moved(HalfMessage half) {
        int place = half.place;
        up(place, half);
        if (half.place == place) {
            down(place, half);
        }
    }

    void remove(HalfMessage half) {
        int place = half.place;
        half.place = -1;
        HalfMessage last = heap[--size];
        Arrays.fill(heap, size, size + 1, null);
        if (last != half) {
            last.place = place;
            heap[place] = last;
            moved(last);
        }
        if (heap.length > FIRST && size < heap.length / 4) {
            heap = Arrays.copyOf(heap, heap.length / 2);
        }
    }

    private void up(int from, HalfMessage half) {
        int hole = from;
        while (hole > 0) {
            int parent = hole - 1 >> 1;
            if (!half.isBefore(heap[parent])) {
                break;
            }
            set(hole, heap[parent]);
            hole = parent;
        }
        set(hole, half);
    }

    private void down(int from, HalfMessage half) {
        int hole = from;
        int child = 2 * hole + 1;
        while (child < size) {
            if (child + 1 < size && heap[child + 1].isBefore(heap[child])) {
                child++;
            }
            if (!heap[child].isBefore(half)) {
                break;
            }
            set(hole, heap[child]);
            hole = child;
            child = 2 * hole + 1;
        }
        set(hole, half);
    }

    private void set(int place, HalfMessage half) {
        heap[place] = half;
        half.place = place;
    }
}
