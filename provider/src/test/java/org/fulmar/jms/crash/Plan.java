package org.fulmar.jms.crash;

import java.util.SplittableRandom;
import org.fulmar.broker.transaction.Probe.Point;
import org.fulmar.jms.crash.Work.Kind;

/**
 * What happens in one cell, made from a seed: whatever the point leaves open.
 *
 * @param passing which passing of the point kills, from 1
 * @param work the transaction that passes the point
 * @param doubt whether another branch is prepared, and not decided, meanwhile
 * @param commit how the manager decides on the work, where it does
 * @param commitDoubt how it decides on the other branch
 * @param after how the next transaction ends
 * @param early whether the victim's successor calls the broker before the broker goes on
 * @param options of the client's and the manager's connections
 */
record Plan(
        Victim victim,
        Point point,
        long seed,
        int passing,
        Work work,
        boolean doubt,
        boolean commit,
        boolean commitDoubt,
        Kind after,
        boolean early,
        String options) {
    /** Of each message: more than what is copied together with its decision. */
    private static final int BIG = 100 << 10;

    /** Of each message: four of them are more than is copied in one turn of the core. */
    private static final int HUGE = 700 << 10;

    private static final int[] PREFETCH = {0, 1, 256};

    static Plan of(Victim victim, Point point, long seed) {
        SplittableRandom random = new SplittableRandom(seed * 36 + victim.ordinal() * 12L + point.ordinal());
        Kind kind = kind(point, random);
        int messages = isBig(point) ? 3 : 1 + random.nextInt(3);
        Work work = new Work("t3", kind, messages, bytes(point, random), random.nextBoolean());
        String buffer = isInParts(point, random) ? "&transactionBuffer=0" : "";
        String reconnect = "reconnect=" + (random.nextInt(4) > 0);
        String prefetch = "&prefetch=" + PREFETCH[random.nextInt(PREFETCH.length)];
        boolean commit = point != Point.ROLLBACK && (isOfCommit(point) || random.nextInt(4) > 0);
        Kind[] ends = {Kind.TWO_PHASE, Kind.ONE_PHASE, Kind.LOCAL};
        return new Plan(
                victim,
                point,
                seed,
                1 + random.nextInt(passings(point, work)),
                work,
                point == Point.RECOVER || random.nextBoolean(),
                commit,
                random.nextBoolean(),
                ends[random.nextInt(ends.length)],
                random.nextBoolean(),
                reconnect + prefetch + buffer);
    }

    private static Kind kind(Point point, SplittableRandom random) {
        Kind[] kinds = switch (point) {
            case PREPARE, PREPARED, RECOVER -> new Kind[] {Kind.TWO_PHASE};
            case END -> new Kind[] {Kind.TWO_PHASE, Kind.ONE_PHASE};
            case ROLLBACK -> new Kind[] {Kind.TWO_PHASE, Kind.BRANCH_ROLLED_BACK, Kind.LOCAL_ROLLED_BACK};
            case CHECK_BACK -> new Kind[] {Kind.HALF};
            default -> new Kind[] {Kind.TWO_PHASE, Kind.ONE_PHASE, Kind.LOCAL};
        };
        return kinds[random.nextInt(kinds.length)];
    }

    private static boolean isBig(Point point) {
        return point == Point.COMMITTING || point == Point.RE_APPEND;
    }

    private static int bytes(Point point, SplittableRandom random) {
        return switch (point) {
            case COMMITTING -> BIG + random.nextInt(BIG);
            case RE_APPEND -> HUGE + random.nextInt(HUGE / 2);
            default -> 10 + random.nextInt(3000);
        };
    }

    /** Whether each message goes to the broker at once. */
    private static boolean isInParts(Point point, SplittableRandom random) {
        return switch (point) {
            case SEND, ACKNOWLEDGE, ROLLBACK -> true;
            default -> random.nextBoolean();
        };
    }

    private static boolean isOfCommit(Point point) {
        return switch (point) {
            case COMMIT, COMMITTING, RE_APPEND, COMMITTED -> true;
            default -> false;
        };
    }

    private static int passings(Point point, Work work) {
        return switch (point) {
            case SEND -> work.moved();
            case ACKNOWLEDGE -> work.interleaved() ? work.moved() : 1;
            default -> 1;
        };
    }

    /** Whether the manager's call passes the point, and not the client's. */
    boolean isOfManager() {
        return point == Point.RECOVER
                || work.kind() == Kind.TWO_PHASE && (isOfCommit(point) || point == Point.ROLLBACK);
    }

    @Override
    public String toString() {
        return victim + " at " + point + ": " + work.kind() + ", " + work.moved() + " messages of " + work.bytes()
                + " bytes, passing " + passing + ", " + options + (doubt ? ", another in doubt" : "")
                + (early ? ", successor early" : "") + ", then " + after;
    }
}
