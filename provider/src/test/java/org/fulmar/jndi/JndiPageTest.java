package org.fulmar.jndi;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.jms.ConnectionFactory;
import jakarta.jms.Queue;
import jakarta.jms.Topic;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;
import javax.naming.Context;
import javax.naming.InitialContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the documentation page says of JNDI is what the code does. */
@Timeout(60)
class JndiPageTest {
    private static final Path PAGE = Path.of("../docs/configuration.md");

    @Test
    void pageListsEveryKeyWithItsValueAndMeaning() throws IOException {
        List<String> page = Files.readAllLines(PAGE);
        for (ContextKey key : ContextKey.values()) {
            assertThat(page).contains("| `" + key.pattern() + "` | " + key.value() + " | " + key.doc() + " |");
        }
    }

    @Test
    void exampleOnThePageWorks() throws Exception {
        String page = Files.readString(PAGE);
        String start = "```properties\n";
        String example = page.substring(page.indexOf(start) + start.length());
        Properties properties = new Properties();
        properties.load(new StringReader(example.substring(0, example.indexOf("```"))));
        Context context = new InitialContext(properties);
        assertThat(properties).containsKeys("connectionFactory.jms/cf", "queue.jms/orders", "topic.jms/prices");
        assertThat(context.lookup("jms/cf")).isInstanceOf(ConnectionFactory.class);
        assertThat(((Queue) context.lookup("jms/orders")).getQueueName())
                .isEqualTo(properties.getProperty("queue.jms/orders"));
        assertThat(((Topic) context.lookup("jms/prices")).getTopicName())
                .isEqualTo(properties.getProperty("topic.jms/prices"));
        context.close();
    }
}
