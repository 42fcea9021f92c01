package org.fulmar.protocol.message;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * RocketMQ's offset message id: the storing broker's address, port and the record's place in its log, in hex.
 *
 * @param host address (4 or 16 bytes) and port (4 bytes)
 */
public record MessageId(byte[] host, long physicalOffset) {
    private static final HexFormat HEX = HexFormat.of().withUpperCase();

    public String text() {
        byte[] bytes = Arrays.copyOf(host, host.length + 8);
        ByteBuffer.wrap(bytes).putLong(host.length, physicalOffset);
        return HEX.formatHex(bytes);
    }

    /**
     * @throws IllegalArgumentException if the text is no offset message id
     */
    public static MessageId parse(String text) {
        if (text.length() != 32 && text.length() != 56) {
            throw new IllegalArgumentException("an offset message id has 32 or 56 hex digits: " + text);
        }
        byte[] bytes = HEX.parseHex(text);
        int hostLength = bytes.length - 8;
        return new MessageId(
                Arrays.copyOf(bytes, hostLength), ByteBuffer.wrap(bytes).getLong(hostLength));
    }

    /** Address and port in the form of a record: 8 or 20 bytes. */
    public static byte[] hostBytes(InetSocketAddress address) {
        byte[] ip = address.getAddress() == null
                ? new byte[4]
                : address.getAddress().getAddress();
        return ByteBuffer.allocate(ip.length + 4)
                .put(ip)
                .putInt(address.getPort())
                .array();
    }

    /**
     * @throws IllegalArgumentException if the bytes are no address
     */
    public static InetSocketAddress address(byte[] host) {
        if (host.length != 8 && host.length != 20) {
            throw new IllegalArgumentException("host of " + host.length + " bytes");
        }
        try {
            InetAddress ip = InetAddress.getByAddress(Arrays.copyOf(host, host.length - 4));
            return new InetSocketAddress(ip, ByteBuffer.wrap(host).getInt(host.length - 4));
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("host of " + host.length + " bytes", e);
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof MessageId id && physicalOffset == id.physicalOffset && Arrays.equals(host, id.host);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(host) + Long.hashCode(physicalOffset);
    }

    @Override
    public String toString() {
        return text();
    }
}
