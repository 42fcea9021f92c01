/** The options of the broker: one place for name, unit, default and meaning. */
@NullMarked
package org.fulmar.broker.config;

import org.jspecify.annotations.NullMarked;
