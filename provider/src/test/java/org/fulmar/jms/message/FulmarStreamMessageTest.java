package org.fulmar.jms.message;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.jms.MessageEOFException;
import jakarta.jms.MessageFormatException;
import jakarta.jms.MessageNotReadableException;
import jakarta.jms.MessageNotWriteableException;
import java.util.Date;
import org.junit.jupiter.api.Test;

class FulmarStreamMessageTest {

    private static FulmarStreamMessage of(Object... values) throws Exception {
        FulmarStreamMessage message = new FulmarStreamMessage();
        for (Object value : values) {
            message.writeObject(value);
        }
        message.reset();
        return message;
    }

    @Test
    void aByteArrayIsReadInPiecesUntilACallReturnsLessThanTheBuffer() throws Exception {
        FulmarStreamMessage message = of(new byte[] {1, 2, 3, 4, 5}, "next");
        byte[] buffer = new byte[2];
        assertThat(message.readBytes(buffer)).isEqualTo(2);
        assertThat(message.readBytes(buffer)).isEqualTo(2);
        assertThat(buffer).containsExactly(3, 4);
        assertThat(message.readBytes(buffer)).isEqualTo(1);
        assertThat(buffer[0]).isEqualTo((byte) 5);
        assertThat(message.readString()).isEqualTo("next");
    }

    @Test
    void aByteArrayThatJustFillsTheBufferNeedsAnotherCall() throws Exception {
        FulmarStreamMessage message = of(new byte[] {1, 2, 3, 4}, "next");
        byte[] buffer = new byte[2];
        assertThat(message.readBytes(buffer)).isEqualTo(2);
        assertThat(message.readBytes(buffer)).isEqualTo(2);
        assertThatThrownBy(message::readString).isInstanceOf(MessageFormatException.class);
        assertThat(message.readBytes(buffer)).isEqualTo(-1);
        assertThat(message.readString()).isEqualTo("next");
    }

    @Test
    void nothingElseCanBeReadWhileAByteArrayIsBegun() throws Exception {
        FulmarStreamMessage message = of(new byte[] {1, 2, 3}, 7);
        assertThat(message.readBytes(new byte[1])).isEqualTo(1);
        assertThatThrownBy(message::readInt).isInstanceOf(MessageFormatException.class);
        assertThatThrownBy(message::readObject).isInstanceOf(MessageFormatException.class);
        assertThat(message.readBytes(new byte[0])).isZero();
        assertThat(message.readBytes(new byte[5])).isEqualTo(2);
        assertThat(message.readInt()).isEqualTo(7);
    }

    @Test
    void emptyAndNullByteArraysTakeOneCallEach() throws Exception {
        FulmarStreamMessage message = of(new byte[0], null, new byte[0], 7);
        assertThat(message.readBytes(new byte[3])).isZero();
        assertThat(message.readBytes(new byte[3])).isEqualTo(-1);
        assertThat(message.readBytes(new byte[0])).isZero();
        assertThat(message.readInt()).isEqualTo(7);
    }

    @Test
    void readBytesOfAnotherTypeIsRefusedAndLeavesTheValue() throws Exception {
        FulmarStreamMessage message = of("text");
        assertThatThrownBy(() -> message.readBytes(new byte[3])).isInstanceOf(MessageFormatException.class);
        assertThatThrownBy(() -> message.readBytes(null)).isInstanceOf(NullPointerException.class);
        assertThat(message.readString()).isEqualTo("text");
        assertThatThrownBy(() -> message.readBytes(new byte[3])).isInstanceOf(MessageEOFException.class);
    }

    @Test
    void theEndOfTheStreamIsToldAgainAndAgain() throws Exception {
        FulmarStreamMessage message = of(1);
        assertThat(message.readInt()).isEqualTo(1);
        assertThatThrownBy(message::readInt).isInstanceOf(MessageEOFException.class);
        assertThatThrownBy(message::readObject).isInstanceOf(MessageEOFException.class);
        message.reset();
        assertThat(message.readInt()).isEqualTo(1);
        assertThatThrownBy(Wire.trip(new FulmarStreamMessage())::readString).isInstanceOf(MessageEOFException.class);
    }

    @Test
    void readingInWriteModeAndWritingInReadModeAreRefused() throws Exception {
        FulmarStreamMessage message = new FulmarStreamMessage();
        message.writeInt(1);
        assertThatThrownBy(message::readInt).isInstanceOf(MessageNotReadableException.class);
        assertThatThrownBy(() -> message.readBytes(new byte[1])).isInstanceOf(MessageNotReadableException.class);
        message.reset();
        assertThatThrownBy(() -> message.writeInt(1)).isInstanceOf(MessageNotWriteableException.class);
        assertThatThrownBy(() -> message.writeObject(new Date(0))).isInstanceOf(MessageNotWriteableException.class);
        assertThatThrownBy(() -> message.writeBytes(null)).isInstanceOf(MessageNotWriteableException.class);
        FulmarStreamMessage received = Wire.trip(message);
        assertThatThrownBy(() -> received.writeString("")).isInstanceOf(MessageNotWriteableException.class);
        received.clearBody();
        received.writeString("new");
        assertThatThrownBy(received::readString).isInstanceOf(MessageNotReadableException.class);
        received.reset();
        assertThat(received.readString()).isEqualTo("new");
        assertThatThrownBy(received::readString).isInstanceOf(MessageEOFException.class);
    }

    @Test
    void anObjectOfAnotherTypeIsRefusedAndWritesNothing() throws Exception {
        FulmarStreamMessage message = new FulmarStreamMessage();
        assertThatThrownBy(() -> message.writeObject(new Date(0))).isInstanceOf(MessageFormatException.class);
        assertThatThrownBy(() -> message.writeObject(new int[1])).isInstanceOf(MessageFormatException.class);
        message.reset();
        assertThatThrownBy(message::readObject).isInstanceOf(MessageEOFException.class);
    }

    @Test
    void arraysAreCopiedInAndOut() throws Exception {
        byte[] bytes = {1, 2, 3};
        FulmarStreamMessage message = new FulmarStreamMessage();
        message.writeBytes(bytes, 1, 2);
        bytes[1] = 9;
        message.reset();
        byte[] first = (byte[]) message.readObject();
        assertThat(first).containsExactly(2, 3);
        first[0] = 9;
        message.reset();
        assertThat((byte[]) message.readObject()).containsExactly(2, 3);
        message.clearBody();
        assertThatThrownBy(() -> message.writeBytes(bytes, 2, 2)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void longAndOddStringsSurvive() throws Exception {
        String longText = "\u4F60".repeat(70_000);
        FulmarStreamMessage message = Wire.trip(of(longText, "\uD800", "", "\u0001\u0002\u0000", "\uFFFD"));
        assertThat(message.readString()).isEqualTo(longText);
        assertThat(message.readString()).isEqualTo("\uD800");
        assertThat(message.readString()).isEmpty();
        assertThat(message.readString()).isEqualTo("\u0001\u0002\u0000");
        assertThat(message.readString()).isEqualTo("\uFFFD");
    }
}
