package org.fulmar.nameserver;

import org.jspecify.annotations.Nullable;

/**
 * What became of a registration. Immutable.
 *
 * @param refusal why nothing was changed, or null if the registration was accepted
 * @param first whether this address was not registered under this name and id before
 * @param masterAddr the address of the group's master, for a slave whose master is there
 * @param masterHaAddr the address from which that master is replicated
 */
record RegistrationResult(
        @Nullable String refusal,
        boolean first,
        @Nullable String masterAddr,
        @Nullable String masterHaAddr) {
    static RegistrationResult refused(String why) {
        return new RegistrationResult(why, false, null, null);
    }

    boolean accepted() {
        return refusal == null;
    }
}
