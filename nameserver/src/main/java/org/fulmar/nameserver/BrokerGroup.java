package org.fulmar.nameserver;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The brokers that share a name: a master (id 0) and its slaves. Immutable.
 *
 * @param cluster the cluster that the name belongs to
 * @param addresses broker ids (0 or more) and their addresses, at least one while the group is in a table
 */
record BrokerGroup(String cluster, String name, SortedMap<Long, String> addresses, Traits traits) {
    static final long MASTER = 0;

    /**
     * What a broker says of its group when it registers.
     *
     * @param actingMaster whether the slave with the lowest id stands in for a lost master, for reading only
     * @param zone where the group stands, if it was said
     */
    record Traits(boolean actingMaster, @Nullable String zone) {
        static final Traits NONE = new Traits(false, null);
    }

    BrokerGroup {
        addresses = Collections.unmodifiableSortedMap(new TreeMap<>(addresses));
    }

    /** This group with {@code address} as {@code id}, and under no other id. */
    BrokerGroup with(long id, String address, Traits newTraits) {
        SortedMap<Long, String> changed = new TreeMap<>(addresses);
        changed.values().removeIf(address::equals);
        changed.put(id, address);
        return new BrokerGroup(cluster, name, changed, newTraits);
    }

    BrokerGroup without(long id) {
        SortedMap<Long, String> changed = new TreeMap<>(addresses);
        changed.remove(id);
        return new BrokerGroup(cluster, name, changed, traits);
    }

    boolean hasMaster() {
        return addresses.containsKey(MASTER);
    }

    /** Whether the broker with this id tells where the group's topics are. */
    boolean speaks(long id) {
        return id == MASTER || (traits.actingMaster && id == addresses.firstKey());
    }
}
