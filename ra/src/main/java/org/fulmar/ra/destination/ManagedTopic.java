package org.fulmar.ra.destination;

import jakarta.jms.Topic;
import jakarta.resource.spi.ConfigProperty;
import java.io.Serializable;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A topic as an administered object (Jakarta Connectors 2.1, section 13.4.2.2). Configured once, then read by any thread. */
public class ManagedTopic implements Topic, Serializable {
    private static final long serialVersionUID = 1L;

    @ConfigProperty(description = "Name of the topic at the broker. No default.")
    private @Nullable String physicalName;

    public @Nullable String getPhysicalName() {
        return physicalName;
    }

    public void setPhysicalName(@Nullable String physicalName) {
        this.physicalName = physicalName;
    }

    @Override
    public @Nullable String getTopicName() {
        return physicalName;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof ManagedTopic topic && Objects.equals(topic.physicalName, physicalName);
    }

    @Override
    public int hashCode() {
        return Objects.hashCode(physicalName);
    }

    @Override
    public String toString() {
        return "topic:" + physicalName;
    }
}
