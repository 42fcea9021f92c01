package org.fulmar.jms.message;

import jakarta.jms.JMSException;
import jakarta.jms.TextMessage;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * A message with a string (section 3.11), which may be any Java string of any length, or null. Owned as its superclass
 * says; text that was received is decoded at the first getText().
 */
public final class FulmarTextMessage extends FulmarMessage implements TextMessage {

    private @Nullable String text;
    private @Nullable ByteSlice encoded;
    private char kind;

    /** A message without text. */
    public FulmarTextMessage() {}

    /** A message with a text. */
    public FulmarTextMessage(@Nullable String text) {
        this.text = text;
    }

    FulmarTextMessage(WireOrigin origin, char kind, ByteSlice body) {
        super(origin);
        this.kind = kind;
        this.encoded = kind == WireBody.TEXT_NULL ? null : body;
    }

    @Override
    public void setText(@Nullable String text) throws JMSException {
        checkBodyWriteable();
        this.text = text;
        this.encoded = null;
    }

    @Override
    public @Nullable String getText() throws JMSException {
        if (text == null && encoded != null) {
            text = kind == WireBody.TEXT_UTF16 ? Texts.fromUtf16(encoded) : Texts.fromUtf8(encoded);
        }
        return text;
    }

    @Override
    public void clearBody() throws JMSException {
        super.clearBody();
        text = null;
        encoded = null;
    }

    @Override
    public boolean isBodyAssignableTo(@SuppressWarnings("rawtypes") Class wanted) {
        return !hasBody() || ((Class<?>) wanted).isAssignableFrom(String.class);
    }

    @Override
    boolean hasBody() {
        return text != null || encoded != null;
    }

    @Override
    Object body() throws JMSException {
        String value = getText();
        return value == null ? super.body() : value;
    }

    @Override
    WireBody encodeBody() {
        if (encoded != null) {
            return new WireBody(kind, encoded.exactArray());
        }
        if (text == null) {
            return new WireBody(WireBody.TEXT_NULL, WireBody.NO_BYTES);
        }
        return Texts.hasUnpairedSurrogate(text)
                ? new WireBody(WireBody.TEXT_UTF16, Texts.utf16(text))
                : new WireBody(WireBody.TEXT, text.getBytes(StandardCharsets.UTF_8));
    }
}
