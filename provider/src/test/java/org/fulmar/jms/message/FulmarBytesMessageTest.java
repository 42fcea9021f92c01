package org.fulmar.jms.message;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.jms.JMSException;
import jakarta.jms.MessageEOFException;
import jakarta.jms.MessageFormatException;
import jakarta.jms.MessageNotReadableException;
import jakarta.jms.MessageNotWriteableException;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.util.Arrays;
import java.util.Date;
import org.junit.jupiter.api.Test;

class FulmarBytesMessageTest {

    private static final String ODD_TEXT = "\u0000a\u00E4\u4F60\uD83D\uDE00\uD800";

    @Test
    void bytesAreThoseOfDataOutputStream() throws Exception {
        ByteArrayOutputStream expected = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(expected);
        out.writeBoolean(true);
        out.writeByte(-2);
        out.writeShort(-3);
        out.writeChar('\uFFFE');
        out.writeInt(-4);
        out.writeLong(Long.MIN_VALUE + 5);
        out.writeFloat(1.5f);
        out.writeDouble(-2.25);
        out.writeUTF(ODD_TEXT);
        out.write(new byte[] {7, 8, 9}, 1, 2);
        FulmarBytesMessage message = filled();
        assertThat(message.getBody(byte[].class)).isEqualTo(expected.toByteArray());
        assertThat(MessageMapping.toWire(filled()).body()).isEqualTo(expected.toByteArray());
        assertThat(message.getBodyLength()).isEqualTo(expected.size());
    }

    @Test
    void everythingWrittenIsReadBack() throws Exception {
        for (boolean overTheWire : new boolean[] {false, true}) {
            FulmarBytesMessage message = overTheWire ? Wire.trip(filled()) : filled();
            message.reset();
            assertThat(message.readBoolean()).isTrue();
            assertThat(message.readByte()).isEqualTo((byte) -2);
            assertThat(message.readShort()).isEqualTo((short) -3);
            assertThat(message.readChar()).isEqualTo('\uFFFE');
            assertThat(message.readInt()).isEqualTo(-4);
            assertThat(message.readLong()).isEqualTo(Long.MIN_VALUE + 5);
            assertThat(message.readFloat()).isEqualTo(1.5f);
            assertThat(message.readDouble()).isEqualTo(-2.25);
            assertThat(message.readUTF()).isEqualTo(ODD_TEXT);
            byte[] rest = new byte[5];
            assertThat(message.readBytes(rest)).isEqualTo(2);
            assertThat(rest).containsExactly(8, 9, 0, 0, 0);
            assertThat(message.readBytes(rest)).isEqualTo(-1);
            message.reset();
            message.readBoolean();
            assertThat(message.readUnsignedByte()).isEqualTo(0xFE);
            assertThat(message.readUnsignedShort()).isEqualTo(0xFFFD);
        }
    }

    private static FulmarBytesMessage filled() throws JMSException {
        FulmarBytesMessage message = new FulmarBytesMessage();
        message.writeBoolean(true);
        message.writeByte((byte) -2);
        message.writeShort((short) -3);
        message.writeChar('\uFFFE');
        message.writeInt(-4);
        message.writeLong(Long.MIN_VALUE + 5);
        message.writeFloat(1.5f);
        message.writeDouble(-2.25);
        message.writeUTF(ODD_TEXT);
        message.writeBytes(new byte[] {7, 8, 9}, 1, 2);
        return message;
    }

    @Test
    void objectsAreWrittenAsTheirTypes() throws Exception {
        FulmarBytesMessage typed = filled();
        FulmarBytesMessage objects = new FulmarBytesMessage();
        Object[] values = {
            true, (byte) -2, (short) -3, '\uFFFE', -4, Long.MIN_VALUE + 5, 1.5f, -2.25, ODD_TEXT, new byte[] {8, 9}
        };
        for (Object value : values) {
            objects.writeObject(value);
        }
        assertThat(objects.getBody(byte[].class)).isEqualTo(typed.getBody(byte[].class));
        FulmarBytesMessage message = new FulmarBytesMessage();
        assertThatThrownBy(() -> message.writeObject(new Date(0))).isInstanceOf(MessageFormatException.class);
        assertThatThrownBy(() -> message.writeObject(null)).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> message.writeBytes(null)).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> message.writeUTF(null)).isInstanceOf(NullPointerException.class);
    }

    @Test
    void readingInWriteModeAndWritingInReadModeAreRefused() throws Exception {
        FulmarBytesMessage message = new FulmarBytesMessage();
        message.writeInt(1);
        assertThatThrownBy(message::readInt).isInstanceOf(MessageNotReadableException.class);
        assertThatThrownBy(message::readUTF).isInstanceOf(MessageNotReadableException.class);
        assertThatThrownBy(message::getBodyLength).isInstanceOf(MessageNotReadableException.class);
        assertThatThrownBy(() -> message.readBytes(new byte[1])).isInstanceOf(MessageNotReadableException.class);
        message.reset();
        assertThatThrownBy(() -> message.writeInt(1)).isInstanceOf(MessageNotWriteableException.class);
        assertThatThrownBy(() -> message.writeObject(1)).isInstanceOf(MessageNotWriteableException.class);
        assertThatThrownBy(() -> message.writeUTF("")).isInstanceOf(MessageNotWriteableException.class);
        assertThatThrownBy(() -> message.writeBytes(new byte[0])).isInstanceOf(MessageNotWriteableException.class);
        message.clearBody();
        message.writeByte((byte) 1);
        message.reset();
        assertThat(message.getBodyLength()).isEqualTo(1);
    }

    @Test
    void aReadPastTheEndThrowsAndLeavesThePosition() throws Exception {
        FulmarBytesMessage message = new FulmarBytesMessage();
        message.writeShort((short) 258);
        message.writeByte((byte) 3);
        message.reset();
        assertThatThrownBy(message::readLong).isInstanceOf(MessageEOFException.class);
        assertThatThrownBy(message::readInt).isInstanceOf(MessageEOFException.class);
        assertThatThrownBy(message::readUTF).isInstanceOf(MessageEOFException.class);
        assertThat(message.readByte()).isEqualTo((byte) 1);
        assertThat(message.readByte()).isEqualTo((byte) 2);
        assertThatThrownBy(message::readChar).isInstanceOf(MessageEOFException.class);
        assertThat(message.readByte()).isEqualTo((byte) 3);
        assertThatThrownBy(message::readByte).isInstanceOf(MessageEOFException.class);
        assertThatThrownBy(message::readBoolean).isInstanceOf(MessageEOFException.class);
    }

    @Test
    void malformedUtfThrowsAndLeavesThePosition() throws Exception {
        FulmarBytesMessage message = new FulmarBytesMessage();
        message.writeBytes(new byte[] {0, 1, (byte) 0xFF});
        message.reset();
        assertThatThrownBy(message::readUTF).isInstanceOf(MessageFormatException.class);
        assertThat(message.readUnsignedShort()).isEqualTo(1);
    }

    @Test
    void utfOfMoreThan65535BytesIsRefusedAndWritesNothing() throws Exception {
        FulmarBytesMessage message = new FulmarBytesMessage();
        assertThatThrownBy(() -> message.writeUTF("x".repeat(65_536))).isInstanceOf(MessageFormatException.class);
        assertThatThrownBy(() -> message.writeUTF("\u4F60".repeat(21_846))).isInstanceOf(MessageFormatException.class);
        String longest = "\u4F60".repeat(21_845);
        message.writeUTF(longest);
        message.reset();
        assertThat(message.readUTF()).isEqualTo(longest);
    }

    @Test
    void readBytesFillsTheBufferAndThenSaysWhatIsLeft() throws Exception {
        FulmarBytesMessage message = new FulmarBytesMessage();
        message.writeBytes(new byte[] {1, 2, 3, 4, 5});
        message.reset();
        byte[] buffer = new byte[3];
        assertThat(message.readBytes(buffer)).isEqualTo(3);
        assertThat(message.readBytes(buffer, 1)).isEqualTo(1);
        assertThat(buffer).containsExactly(4, 2, 3);
        assertThat(message.readBytes(buffer, 0)).isZero();
        assertThatThrownBy(() -> message.readBytes(buffer, -1)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> message.readBytes(buffer, 4)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThat(message.readBytes(buffer)).isEqualTo(1);
        assertThat(message.readBytes(buffer)).isEqualTo(-1);
    }

    @Test
    void aMessageCanBeChangedAfterItWasEncoded() throws Exception {
        FulmarBytesMessage message = new FulmarBytesMessage();
        message.writeInt(1);
        WireMessage first = MessageMapping.toWire(message);
        message.writeInt(2);
        assertThat(first.body()).hasSize(4);
        assertThat(MessageMapping.toWire(message).body()).hasSize(8);
        message.reset();
        WireMessage second = MessageMapping.toWire(message);
        byte[] before = second.body().clone();
        message.clearBody();
        message.writeLong(-1);
        assertThat(second.body()).isEqualTo(before);
    }

    @Test
    void aReceivedBodyIsReadOnlyAndTheApplicationsChangesStayItsOwn() throws Exception {
        FulmarBytesMessage sent = new FulmarBytesMessage();
        sent.writeInt(1);
        WireMessage wire = MessageMapping.toWire(sent);
        byte[] original = wire.body().clone();
        FulmarBytesMessage received = (FulmarBytesMessage) MessageMapping.fromWire(wire, Wire.POLICY);
        assertThatThrownBy(() -> received.writeInt(2)).isInstanceOf(MessageNotWriteableException.class);
        Arrays.fill(received.getBody(byte[].class), (byte) 9);
        received.clearBody();
        received.writeInt(9);
        assertThat(wire.body()).isEqualTo(original);
    }

    @Test
    void getBodyResetsBeforeAndAfterUse() throws Exception {
        FulmarBytesMessage message = new FulmarBytesMessage();
        message.writeInt(1);
        assertThat(message.getBody(byte[].class)).containsExactly(0, 0, 0, 1);
        assertThat(message.readShort()).isZero();
        assertThat((byte[]) message.getBody(Object.class)).containsExactly(0, 0, 0, 1);
        assertThat(message.readInt()).isEqualTo(1);
    }
}
