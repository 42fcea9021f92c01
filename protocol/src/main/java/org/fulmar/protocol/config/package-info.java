/** Options as data: name, unit, range, default and meaning in one place, checked before anything starts. */
@NullMarked
package org.fulmar.protocol.config;

import org.jspecify.annotations.NullMarked;
