package org.fulmar.broker.server;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.fulmar.broker.Patience;
import org.fulmar.protocol.command.JsonBody;
import org.fulmar.protocol.command.RequestCode;

/** A client that reads its answers when it is told to, and not before. Used by a test's thread. */
final class UnreadPeer implements AutoCloseable {
    private static final int HEADER_LENGTH = 0xFFFFFF;

    private final Socket socket = new Socket();
    private final DataOutputStream out;
    private final DataInputStream in;
    private int last;

    UnreadPeer(InetSocketAddress broker) throws IOException {
        socket.setReceiveBufferSize(16_384);
        socket.connect(broker);
        out = new DataOutputStream(socket.getOutputStream());
        in = new DataInputStream(socket.getInputStream());
    }

    private int start(int code, Map<String, String> fields, String body) throws IOException {
        var json = JsonBody.object()
                .put("code", code)
                .put("language", "JAVA")
                .put("version", 493)
                .put("opaque", ++last)
                .put("flag", 0);
        fields.forEach(json.putObject("extFields")::put);
        byte[] header = JsonBody.bytes(json);
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        out.writeInt(4 + header.length + bytes.length);
        out.writeInt(header.length);
        out.write(header);
        out.write(bytes);
        out.flush();
        return last;
    }

    /** Sends a request; its number. */
    int start(int code, Map<String, String> fields) throws IOException {
        return start(code, fields, "");
    }

    /** Joins a consumer group. */
    void heartbeat(String group) throws IOException {
        int number = start(
                RequestCode.HEART_BEAT,
                Map.of(),
                "{\"clientID\":\"unread\",\"producerDataSet\":[],\"consumerDataSet\":[{\"groupName\":\"" + group
                        + "\",\"messageModel\":\"CLUSTERING\",\"subscriptionDataSet\":[]}]}");
        readUntil(number, Patience.SECONDS);
    }

    /**
     * Reads until the answer to a request has come: its header.
     *
     * @throws java.net.SocketTimeoutException if for so long nothing more comes
     */
    String readUntil(int number, int seconds) throws IOException {
        socket.setSoTimeout((int) TimeUnit.SECONDS.toMillis(seconds));
        while (true) {
            byte[] frame = in.readNBytes(in.readInt());
            int length = ByteBuffer.wrap(frame).getInt() & HEADER_LENGTH;
            String header = new String(frame, 4, length, StandardCharsets.UTF_8);
            var json = JsonBody.parse(header.getBytes(StandardCharsets.UTF_8));
            if (json.path("opaque").asInt() == number && (json.path("flag").asInt() & 1) != 0) {
                return header;
            }
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
