package org.fulmar.broker.consume;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.fulmar.broker.consume.QueueLocks.Queue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(180)
class QueueLocksTest {
    private static final Queue Q0 = new Queue("t", 0);
    private static final Queue Q1 = new Queue("t", 1);

    private final QueueLocks locks = new QueueLocks();

    @Test
    void queueIsHeldByOneMemberUntilTheLockIsOver() {
        assertThat(locks.lock("g", "a", List.of(Q0, Q1), 0)).containsExactly(Q0, Q1);
        assertThat(locks.lock("g", "b", List.of(Q0), 59_999)).isEmpty();
        assertThat(locks.lock("g", "b", List.of(Q0), 60_000)).containsExactly(Q0);
        assertThat(locks.lock("g", "a", List.of(Q0, Q1), 60_001)).containsExactly(Q1);
    }

    @Test
    void renewedLockLastsFromTheRenewal() {
        locks.lock("g", "a", List.of(Q0), 0);
        assertThat(locks.lock("g", "a", List.of(Q0), 50_000)).containsExactly(Q0);
        assertThat(locks.lock("g", "b", List.of(Q0), 109_999)).isEmpty();
        assertThat(locks.isHeld("g", 109_999)).isTrue();
        assertThat(locks.isHeld("g", 110_000)).isFalse();
    }

    @Test
    void groupsDoNotHinderEachOther() {
        locks.lock("g", "a", List.of(Q0), 0);
        assertThat(locks.lock("h", "b", List.of(Q0), 0)).containsExactly(Q0);
        assertThat(locks.isHeld("i", 0)).isFalse();
    }

    @Test
    void releaseSaysWhetherSomebodyWaits() {
        locks.lock("g", "a", List.of(Q0, Q1), 0);
        assertThat(locks.unlock("g", "a", List.of(Q0))).isFalse();
        locks.lock("g", "b", List.of(Q1), 0);
        assertThat(locks.unlock("g", "b", List.of(Q1))).as("not its own").isFalse();
        assertThat(locks.unlock("g", "a", List.of(Q1))).isTrue();
        assertThat(locks.unlock("g", "a", List.of(Q1))).as("again").isFalse();
        assertThat(locks.lock("g", "b", List.of(Q1), 0)).containsExactly(Q1);
    }

    @Test
    void leavingFreesAllOfAClientAndNothingOfOthers() {
        locks.lock("g", "a", List.of(Q0), 0);
        locks.lock("g", "b", List.of(Q1), 0);
        locks.lock("h", "a", List.of(Q0), 0);
        locks.lock("g", "b", List.of(Q0), 0);
        assertThat(locks.left("g", "a")).isTrue();
        assertThat(locks.size()).isEqualTo(2);
        assertThat(locks.left("g", "nobody")).isFalse();
        assertThat(locks.lock("g", "c", List.of(Q0, Q1), 0)).containsExactly(Q0);
    }

    @Test
    void expiryNamesTheGroupsWhoseMembersWait() {
        locks.lock("g", "a", List.of(Q0), 0);
        locks.lock("h", "a", List.of(Q0), 0);
        locks.lock("i", "a", List.of(Q0), 1);
        locks.lock("h", "b", List.of(Q0), 5);
        locks.lock("i", "b", List.of(Q0), 5);
        assertThat(locks.expire(59_999)).isEmpty();
        assertThat(locks.expire(60_000)).containsExactly("h");
        assertThat(locks.size()).isEqualTo(1);
        assertThat(locks.expire(60_001)).containsExactly("i");
        assertThat(locks.size()).isZero();
    }

    @Test
    void noMoreLocksAreTakenThanAreAllowed() {
        List<Queue> many = new ArrayList<>();
        for (int i = 0; i <= QueueLocks.MAX_LOCKS; i++) {
            many.add(new Queue("t", i));
        }
        assertThat(locks.lock("g", "a", many, 0)).hasSize(QueueLocks.MAX_LOCKS);
        assertThat(locks.lock("g", "b", List.of(new Queue("u", 0)), 0)).isEmpty();
        locks.unlock("g", "a", List.of(Q0));
        assertThat(locks.lock("g", "b", List.of(new Queue("u", 0)), 0)).hasSize(1);
    }

    /** What the test thinks of a lock. */
    private record Held(String client, long until, Set<String> waiting) {}

    @Test
    void behavesAsItsModel() {
        for (long seed = 1; seed <= 200; seed++) {
            Random random = new Random(seed);
            QueueLocks real = new QueueLocks();
            Map<String, Held> model = new HashMap<>();
            long now = 0;
            for (int step = 0; step < 300; step++) {
                now += random.nextInt(20_000);
                String group = "g" + random.nextInt(2);
                String client = "c" + random.nextInt(3);
                Queue queue = new Queue("t", random.nextInt(3));
                String key = group + queue;
                Held held = model.get(key);
                boolean mine = held != null && held.client.equals(client);
                String what = "seed " + seed + " step " + step;
                switch (random.nextInt(4)) {
                    case 0, 1 -> {
                        boolean free = held == null || held.until <= now || mine;
                        assertThat(real.lock(group, client, List.of(queue), now).contains(queue))
                                .as(what)
                                .isEqualTo(free);
                        if (free) {
                            Set<String> waiting = mine ? held.waiting : new HashSet<>();
                            model.put(key, new Held(client, now + QueueLocks.EXPIRY_MILLIS, waiting));
                        } else {
                            held.waiting.add(client);
                        }
                    }
                    case 2 -> {
                        assertThat(real.unlock(group, client, List.of(queue)))
                                .as(what)
                                .isEqualTo(mine && !held.waiting.isEmpty());
                        if (mine) {
                            model.remove(key);
                        }
                    }
                    default -> {
                        Set<String> told = new HashSet<>();
                        long time = now;
                        model.entrySet().removeIf(each -> {
                            boolean over = each.getValue().until <= time;
                            if (over && !each.getValue().waiting.isEmpty()) {
                                told.add(each.getKey().substring(0, 2));
                            }
                            return over;
                        });
                        assertThat(real.expire(now)).as(what).isEqualTo(told);
                        assertThat(real.size()).as(what).isEqualTo(model.size());
                    }
                }
            }
        }
    }
}
