package org.fulmar.client.allocation;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.fulmar.client.MessageQueue;

/**
 * Each queue for the member that follows it on a ring of hashes, so that a member who comes or goes moves few queues.
 * Stateless.
 */
public final class ConsistentHash implements Allocation {
    /** Places of each member on the ring in RocketMQ, unless it is told otherwise. */
    public static final int VIRTUAL_NODES = 10;

    private static final int MAX_VIRTUAL_NODES = 10_000;

    private final int virtualNodes;

    public ConsistentHash() {
        this(VIRTUAL_NODES);
    }

    /**
     * @param virtualNodes places of each member on the ring, 1 to 10,000; more make the shares more even
     * @throws IllegalArgumentException if the number is out of range
     */
    public ConsistentHash(int virtualNodes) {
        if (virtualNodes < 1 || virtualNodes > MAX_VIRTUAL_NODES) {
            throw new IllegalArgumentException(
                    "virtualNodes must be 1 to " + MAX_VIRTUAL_NODES + ", not " + virtualNodes);
        }
        this.virtualNodes = virtualNodes;
    }

    @Override
    public List<MessageQueue> share(String self, List<MessageQueue> queues, List<String> members) {
        if (!members.contains(self)) {
            return List.of();
        }
        MessageDigest md5 = md5();
        TreeMap<Long, String> ring = new TreeMap<>();
        for (String member : members) {
            for (int i = 0; i < virtualNodes; i++) {
                ring.put(hash(md5, member + "-" + i), member);
            }
        }
        return queues.stream()
                .filter(queue -> owner(ring, hash(md5, ringName(queue))).equals(self))
                .toList();
    }

    private static String owner(TreeMap<Long, String> ring, long hash) {
        Map.Entry<Long, String> next = ring.ceilingEntry(hash);
        return next == null ? ring.firstEntry().getValue() : next.getValue();
    }

    /** What RocketMQ hashes: a queue as its client prints it. */
    private static String ringName(MessageQueue queue) {
        return "MessageQueue [topic=" + queue.topic() + ", brokerName=" + queue.brokerName() + ", queueId="
                + queue.queueId() + "]";
    }

    private static MessageDigest md5() {
        try {
            return MessageDigest.getInstance("MD5");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this Java has no MD5, which consistent hashing needs", e);
        }
    }

    private static long hash(MessageDigest md5, String key) {
        byte[] digest = md5.digest(key.getBytes(StandardCharsets.UTF_8));
        return ByteBuffer.wrap(digest).getInt() & 0xFFFF_FFFFL;
    }
}
