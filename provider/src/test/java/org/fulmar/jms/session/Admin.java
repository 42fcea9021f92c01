package org.fulmar.jms.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import javax.transaction.xa.Xid;
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.frame.Frame;
import org.fulmar.protocol.frame.FrameLimits;
import org.fulmar.protocol.frame.HeaderEncoding;
import org.fulmar.protocol.jms.BranchXid;
import org.fulmar.protocol.jms.JmsCode;
import org.fulmar.protocol.transport.ConnectionLimits;
import org.fulmar.protocol.transport.RemotingClient;

/** What an administrator does with RocketMQ's tools. Stateless. */
final class Admin {
    private Admin() {}

    /** Sets attributes of a destination that is there, as {@code +name=value,+name=value}. */
    static void attributes(int port, String topic, String changes) throws Exception {
        ask(
                port,
                RequestCode.UPDATE_AND_CREATE_TOPIC,
                Map.of("topic", topic, "readQueueNums", "1", "writeQueueNums", "1", "attributes", changes));
    }

    /** Ends a prepared branch in place of its transaction manager. */
    static void endTransaction(int port, Xid xid, boolean commit) throws Exception {
        BranchXid branch = new BranchXid(xid.getFormatId(), xid.getGlobalTransactionId(), xid.getBranchQualifier());
        ask(port, JmsCode.ADMIN_END_TRANSACTION, Map.of("xid", branch.text(), "commit", Boolean.toString(commit)));
    }

    private static void ask(int port, int code, Map<String, String> fields) throws Exception {
        try (RemotingClient client = new RemotingClient("admin", 1, FrameLimits.DEFAULT, ConnectionLimits.CLIENT)) {
            var connection = client.connect(
                    new InetSocketAddress("127.0.0.1", port),
                    (int) Jms.WAIT,
                    request -> request.answer(ResponseCode.REQUEST_CODE_NOT_SUPPORTED, "none are taken here"));
            Frame change = Frame.request(code, fields, Unpooled.EMPTY_BUFFER, HeaderEncoding.JSON);
            Frame answer = connection.request(change, Jms.WAIT).get(2 * Jms.WAIT, TimeUnit.MILLISECONDS);
            assertThat(answer.code()).as(answer.remark()).isEqualTo(ResponseCode.SUCCESS);
            answer.release();
        }
    }
}
