package org.fulmar.client.producer;

import java.nio.file.Path;
import org.fulmar.client.ClientException;
import org.fulmar.client.ClientInstance;
import org.fulmar.client.Message;
import org.fulmar.client.Patience;
import org.fulmar.client.TestCluster;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** What tests of producers begin with: two brokers, a client, and a producer. */
abstract class ProducerSetUp {
    @TempDir
    Path directory;

    TestCluster cluster;
    ClientInstance client;
    Producer producer;

    @BeforeEach
    final void start() throws Exception {
        cluster = TestCluster.start(directory, "a", "b");
        client = cluster.client();
        producer = Producer.start(client, patient("P"));
    }

    @AfterEach
    final void stop() throws Exception {
        producer.close();
        client.close();
        cluster.close();
    }

    /** A send that has to be repeated may be stored twice, and a slow disk is no reason for it here. */
    static ProducerConfig patient(String group) {
        return ProducerConfig.of(group).with(ProducerConfig.SEND_TIMEOUT, Patience.MILLIS);
    }

    static Message message(String body) {
        return Message.builder("T").body(body).build();
    }

    static ClientException.Kind kindOf(Throwable failure) {
        return ClientException.of(failure).kind();
    }
}
