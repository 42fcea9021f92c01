package org.fulmar.client;

import io.netty.buffer.Unpooled;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.fulmar.protocol.frame.Frame;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks one name server, and the next ones if it does not answer; stays with the one that did. Thread-safe. */
final class NameServers {
    private static final Logger LOG = LoggerFactory.getLogger(NameServers.class);

    private final Requests requests;
    private final List<String> addresses;
    private final int timeoutMillis;
    private volatile int current;

    /**
     * @param first which of the addresses is asked first
     */
    NameServers(Requests requests, List<String> addresses, int first, int timeoutMillis) {
        this.requests = requests;
        this.addresses = addresses;
        this.current = first;
        this.timeoutMillis = timeoutMillis;
    }

    /** The answer of whichever answers first in turn, with whatever code; fails with a {@link ClientException}. */
    CompletableFuture<Frame> ask(int code, Map<String, String> fields) {
        CompletableFuture<Frame> answer = new CompletableFuture<>();
        ask(code, fields, current, 0, answer);
        return answer;
    }

    private void ask(int code, Map<String, String> fields, int index, int tried, CompletableFuture<Frame> answer) {
        String address = addresses.get(index);
        requests.request(address, code, fields, Unpooled.EMPTY_BUFFER, timeoutMillis)
                .whenComplete((frame, failure) -> {
                    if (failure == null) {
                        current = index;
                        if (!answer.complete(frame)) {
                            frame.release();
                        }
                        return;
                    }
                    ClientException why = ClientException.of(failure);
                    if (tried + 1 >= addresses.size() || why.kind() == ClientException.Kind.CLOSED) {
                        answer.completeExceptionally(why);
                    } else {
                        LOG.info("name server {} does not answer ({}); the next is asked", address, why.getMessage());
                        ask(code, fields, (index + 1) % addresses.size(), tried + 1, answer);
                    }
                });
    }
}
