package org.fulmar.broker.filter;

import java.util.Set;
import org.fulmar.broker.delivery.DeliveryException;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.message.MessageRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A compiled SQL92 filter of a RocketMQ consumer. Reads of a record only the properties that the text names, makes no more
 * than {@value #MAX_STEPS} steps over it and never fails: a message of which it does not become true does not match. Keeps
 * what it reads in place, so only one thread may use it at a time: the core.
 */
public final class SqlFilter {
    /** The expression type of RocketMQ's subscriptions. */
    public static final String TYPE = "SQL92";
    /** The longest text, in UTF-16 units. */
    public static final int MAX_LENGTH = 16_384;
    /** The most steps over one message; see {@link Evaluation}. */
    static final int MAX_STEPS = 20_000;

    private static final Logger LOG = LoggerFactory.getLogger(SqlFilter.class);
    private static final int LONGEST_SHOWN = 200;

    private final String text;
    private final Set<Integer> tagHashes;
    private final Trial trial;

    private SqlFilter(String text, SqlCompiler.Result compiled) {
        this.text = text;
        tagHashes = Set.copyOf(compiled.tagHashes());
        trial = new Trial(
                compiled.condition(),
                new SqlValues(compiled.identifiers()),
                MAX_STEPS,
                LOG,
                "a SQL92 filter",
                "use fewer LIKEs and CONTAINS over long properties: " + Syntax.quote(text, LONGEST_SHOWN));
    }

    /**
     * Compiles a filter. Any thread.
     *
     * @throws DeliveryException with {@link ResponseCode#SUBSCRIPTION_PARSE_FAILED}, saying at which character (from 1)
     *     what is wrong
     */
    public static SqlFilter compile(String text) throws DeliveryException {
        if (text.length() > MAX_LENGTH) {
            throw refused("a SQL92 filter has at most " + MAX_LENGTH + " characters, this one has " + text.length());
        }
        if (text.isBlank()) {
            throw refused("a SQL92 filter must not be empty; subscribe by tag with * to get every message");
        }
        try {
            return new SqlFilter(text, SqlCompiler.compile(text));
        } catch (SelectorError e) {
            throw refused("SQL92 filter " + Syntax.quote(text, LONGEST_SHOWN) + ", " + e.getMessage());
        }
    }

    private static DeliveryException refused(String message) {
        return new DeliveryException(ResponseCode.SUBSCRIPTION_PARSE_FAILED, message);
    }

    public boolean matches(MessageRecord message) {
        return trial.matches(message);
    }

    /** The steps that {@link #matches} took last. */
    public int steps() {
        return trial.steps();
    }

    /** The tag hashes of which every message that matches has one; empty if it may have any. */
    public Set<Integer> tagHashes() {
        return tagHashes;
    }

    @Override
    public String toString() {
        return text;
    }
}
