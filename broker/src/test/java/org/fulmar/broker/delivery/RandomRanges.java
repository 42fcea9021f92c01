package org.fulmar.broker.delivery;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.fulmar.broker.delivery.DeliveryModel.Entry;
import org.fulmar.broker.delivery.DeliveryModel.Lane;
import org.fulmar.broker.delivery.DeliveryModel.Member;
import org.fulmar.protocol.jms.Acknowledge;
import org.jspecify.annotations.Nullable;

/** How sessions of a random life name messages that they acknowledge or release, rightly and wrongly. */
final class RandomRanges {
    private final Random random;
    private final DeliveryModel model;
    private final MemoryBacklog backlog;

    RandomRanges(Random random, DeliveryModel model, MemoryBacklog backlog) {
        this.random = random;
        this.model = model;
        this.backlog = backlog;
    }

    private <T> T any(List<T> list) {
        return list.get(random.nextInt(list.size()));
    }

    /** What the consumers of a session hold. */
    List<Entry> heldBy(int session) {
        List<Entry> held = new ArrayList<>();
        for (Member member : model.members.values()) {
            if (member.session == session) {
                held.addAll(member.held.values());
            }
        }
        return held;
    }

    /** One range for each entry, or neighbours in one, in any order. */
    List<Acknowledge.Range> ranges(List<Entry> entries) {
        boolean merge = random.nextBoolean();
        List<Entry> sorted = new ArrayList<>(entries);
        sorted.sort(Comparator.<Entry>comparingInt(entry -> entry.holder.real.id())
                .thenComparingInt(entry -> entry.lane.queueId)
                .thenComparingLong(entry -> entry.offset));
        List<Acknowledge.Range> ranges = new ArrayList<>();
        for (Entry entry : sorted) {
            int id = entry.holder.real.id();
            Acknowledge.Range last = ranges.isEmpty() ? null : ranges.get(ranges.size() - 1);
            if (merge
                    && last != null
                    && last.consumerId() == id
                    && last.queueId() == entry.lane.queueId
                    && last.offset() + last.count() == entry.offset) {
                ranges.set(
                        ranges.size() - 1, new Acknowledge.Range(id, last.queueId(), last.offset(), last.count() + 1));
            } else {
                ranges.add(new Acknowledge.Range(id, entry.lane.queueId, entry.offset, 1));
            }
        }
        Collections.shuffle(ranges, random);
        return ranges;
    }

    /**
     * Messages of which the session's consumer does not hold one; null if none came to mind.
     *
     * @param held what the session's consumers hold
     */
    Acknowledge.@Nullable Range wrongRange(int session, List<Entry> held) {
        List<Member> all = List.copyOf(model.members.values());
        if (all.isEmpty()) {
            return new Acknowledge.Range(4711, 0, 0, 1);
        }
        Member member = any(all);
        List<Lane> lanes = List.copyOf(member.group.lanes.values());
        Lane lane = any(lanes);
        long end = backlog.visibleOffset(member.group.topic, lane.queueId);
        return switch (random.nextInt(4)) {
            case 0 -> new Acknowledge.Range(member.real.id(), 99, 0, 1);
            case 1 -> {
                // held by another session's consumer
                Entry entry = member.held.isEmpty() ? null : any(List.copyOf(member.held.values()));
                yield entry == null || member.session == session
                        ? null
                        : new Acknowledge.Range(member.real.id(), entry.lane.queueId, entry.offset, 1);
            }
            case 2 -> {
                // whatever is not held by this one
                long offset = random.nextInt((int) end + 2);
                boolean isHeld = member.held.values().stream()
                        .anyMatch(entry -> entry.lane.queueId == lane.queueId && entry.offset == offset);
                yield isHeld ? null : new Acknowledge.Range(member.real.id(), lane.queueId, offset, 1);
            }
            default -> {
                // from a held one to the first that is not
                if (held.isEmpty()) {
                    yield null;
                }
                Entry first = held.get(0);
                int count = 1;
                while (holds(first.holder, first.lane, first.offset + count)) {
                    count++;
                }
                yield new Acknowledge.Range(first.holder.real.id(), first.lane.queueId, first.offset, count + 1);
            }
        };
    }

    private static boolean holds(Member member, Lane lane, long offset) {
        return member.held.values().stream().anyMatch(entry -> entry.lane == lane && entry.offset == offset);
    }
}
