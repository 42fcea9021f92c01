package org.fulmar.protocol.jms;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * HELLO: the first operation of a JMS connection.
 *
 * @param minVersion oldest version of the operations that the client speaks
 * @param maxVersion newest one
 * @param client name and release of the client, for people
 * @param clientId the JMS client identifier, or null
 * @param instance a secret number of the client's connection: one that greets again under it takes the place of the
 *     lost one, even if the broker has not noticed that it is lost; empty for none
 * @param user user name, or null for an anonymous connection
 */
public record Hello(
        int minVersion,
        int maxVersion,
        String client,
        @Nullable String clientId,
        String instance,
        @Nullable String user,
        @Nullable String password) {

    public void encode(ByteBuf out) {
        out.writeInt(minVersion);
        out.writeInt(maxVersion);
        Body.text(out, client);
        Body.text(out, clientId);
        Body.text(out, instance);
        Body.text(out, user);
        Body.text(out, password);
    }

    public static Hello decode(ByteBuf in) {
        return new Hello(
                in.readInt(),
                in.readInt(),
                Body.text(in),
                Body.optionalText(in),
                Body.text(in),
                Body.optionalText(in),
                Body.optionalText(in));
    }

    /** Without the password. */
    @Override
    public String toString() {
        return "Hello[" + minVersion + " to " + maxVersion + ", " + client + ", clientId=" + clientId + ", user=" + user
                + "]";
    }

    /**
     * What the broker answers.
     *
     * @param version the version that both speak from now on
     * @param connectionId the broker's number of the connection
     * @param maxMessageBytes largest message body and properties, in bytes
     */
    public record Reply(int version, String brokerName, long connectionId, int maxMessageBytes) {
        public void encode(ByteBuf out) {
            out.writeInt(version);
            Body.text(out, brokerName);
            out.writeLong(connectionId);
            out.writeInt(maxMessageBytes);
        }

        public static Reply decode(ByteBuf in) {
            return new Reply(in.readInt(), Body.text(in), in.readLong(), in.readInt());
        }
    }
}
