package org.fulmar.jms.session;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import javax.transaction.xa.Xid;

/**
 * An Xid as a transaction manager makes them. Mutable, as such may be: {@link #spoil} changes the bytes that it has given.
 */
final class TestXid implements Xid {
    private static final AtomicInteger NUMBERS = new AtomicInteger();

    private final int formatId;
    private final byte[] global;
    private final byte[] qualifier;

    TestXid(int formatId, byte[] global, byte[] qualifier) {
        this.formatId = formatId;
        this.global = global;
        this.qualifier = qualifier;
    }

    /** A new one, with parts of full length. */
    static TestXid next() {
        return named("branch-" + NUMBERS.incrementAndGet());
    }

    /** The same for the same name. */
    static TestXid named(String name) {
        return new TestXid(name.hashCode() | Integer.MIN_VALUE, full("global " + name), full("qualifier " + name));
    }

    private static byte[] full(String text) {
        return Arrays.copyOf(text.getBytes(StandardCharsets.UTF_8), MAXGTRIDSIZE);
    }

    void spoil() {
        Arrays.fill(global, (byte) -1);
        Arrays.fill(qualifier, (byte) -1);
    }

    @Override
    public int getFormatId() {
        return formatId;
    }

    @Override
    public byte[] getGlobalTransactionId() {
        return global;
    }

    @Override
    public byte[] getBranchQualifier() {
        return qualifier;
    }

    boolean is(Xid other) {
        return formatId == other.getFormatId()
                && Arrays.equals(global, other.getGlobalTransactionId())
                && Arrays.equals(qualifier, other.getBranchQualifier());
    }
}
