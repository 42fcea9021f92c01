package org.fulmar.broker.filter;

import java.util.OptionalLong;
import org.fulmar.broker.delivery.DeliveryException;
import org.fulmar.broker.delivery.MessageTest;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.message.MessageRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A compiled message selector (Jakarta Messaging 3.1, section 3.8). Reads of a record only what the text names, makes
 * no more than {@value #MAX_STEPS} steps over it and never fails: a message over which it would take more does not match.
 * Keeps what it reads in place, so only one thread may use it at a time: the core.
 */
public final class Selector implements MessageTest {
    /** The longest text, in UTF-16 units. */
    public static final int MAX_LENGTH = 65_536;
    /** The most steps over one message; see {@link Evaluation}. */
    static final int MAX_STEPS = 50_000;

    private static final Logger LOG = LoggerFactory.getLogger(Selector.class);
    private static final int LONGEST_SHOWN = 200;

    private final String text;
    private final OptionalLong requiredTagHash;
    private final Trial trial;

    private Selector(String text, SelectorCompiler.Result compiled) {
        this.text = text;
        requiredTagHash = compiled.requiredTagHash();
        trial = new Trial(
                compiled.condition(),
                new RecordValues(compiled.identifiers()),
                MAX_STEPS,
                LOG,
                "a selector",
                "use fewer LIKEs and fewer _ between %: " + Syntax.quote(text, LONGEST_SHOWN));
    }

    /**
     * Compiles a selector; one without any text matches every message.
     *
     * @throws DeliveryException with {@link ResponseCode#JMS_INVALID_SELECTOR}, saying at which character (from 1) what
     *     is wrong
     */
    public static Selector compile(String text) throws DeliveryException {
        if (text.length() > MAX_LENGTH) {
            throw new DeliveryException(
                    ResponseCode.JMS_INVALID_SELECTOR,
                    "a selector has at most " + MAX_LENGTH + " characters, this one has " + text.length());
        }
        try {
            return new Selector(text, SelectorCompiler.compile(text));
        } catch (SelectorError e) {
            throw new DeliveryException(
                    ResponseCode.JMS_INVALID_SELECTOR,
                    "selector " + Syntax.quote(text, LONGEST_SHOWN) + ", " + e.getMessage());
        }
    }

    @Override
    public boolean matches(MessageRecord message) {
        return trial.matches(message);
    }

    @Override
    public OptionalLong requiredTagHash() {
        return requiredTagHash;
    }

    @Override
    public String toString() {
        return text;
    }
}
