//! Several pieces of news become as few as say the same.

use crate::notice::{Effect, News};

/// What is left to say when `news`, oldest first, reach people all at once.
///
/// Of each episode the newest piece stands: a higher step speaks for the lower ones, and
/// a resolve says both when it began and when it ended. The most urgent comes first.
pub fn fold(news: Vec<News>) -> Vec<News> {
    let mut folded: Vec<News> = Vec::with_capacity(news.len());
    for next in news {
        // A change has no state: each is news of its own, under an episode of its own.
        let earlier = folded.iter().position(|old| old.facts.episode == next.facts.episode);
        match earlier {
            Some(place) => folded[place] = merged(&folded[place], next),
            None => folded.push(next),
        }
    }
    folded.sort_by_key(|news| (news.effect, std::cmp::Reverse(news.facts.severity)));
    folded
}

/// Whoever the older piece was for gets the newer one. A reminder of what people were
/// never told is told as new.
fn merged(old: &News, mut next: News) -> News {
    if old.effect == Effect::Fired && next.effect == Effect::Reminded {
        next.effect = Effect::Fired;
    }
    next.only.clone_from(&old.only);
    next.facts.root.clone_from(&old.facts.root);
    next
}
