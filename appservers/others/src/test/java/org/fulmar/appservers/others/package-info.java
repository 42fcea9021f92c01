/** The resource adapter in whole application servers, each a process of its own. */
package org.fulmar.appservers.others;
